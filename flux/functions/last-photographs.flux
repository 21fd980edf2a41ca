// The last photograph of each outlet in the two days before an instant (PHOTOGRAPH_IDLE_INTERVAL is one): status, and the
// current if that very photograph has one. One row an outlet, in one table.
import "date"

lastPhotographs = (bucket, stop) =>
    from(bucket: bucket)
        |> range(start: date.sub(d: 2d, from: stop), stop: stop)
        |> filter(fn: (r) => r._measurement == "photograph" and (r._field == "status" or r._field == "current_a"))
        |> last()
        |> group(columns: ["box", "_field"])
        |> pivot(rowKey: ["_time", "outlet"], columnKey: ["_field"], valueColumn: "_value")
        |> filter(fn: (r) => exists r.status)
        |> group()
