// How each Evida is at the end of the time range, by what it has said of itself last in the day before: one row a process.
import "date"

from(bucket: "${operations_bucket}")
    |> range(start: date.sub(d: 1d, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "evida")
    |> last()
    |> group(columns: ["client"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> sort(columns: ["_time"])
    |> tail(n: 1)
    |> group()
    |> rename(columns: {_time: "said_at"})
    |> drop(columns: ["_start", "_stop", "_measurement"])
