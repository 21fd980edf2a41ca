// The boxes that are offline or silent at an instant, by their last connection points, of which each listed box has one each
// midnight. One row a box, in one table.
import "date"

boxesAway = (bucket, stop) =>
    from(bucket: bucket)
        |> range(start: date.sub(d: 2d, from: stop), stop: stop)
        |> filter(fn: (r) => r._measurement == "connection")
        |> last()
        |> connectionStates()
        |> filter(fn: (r) => r.state != "online")
        |> group()
        |> keep(columns: ["box", "state"])
