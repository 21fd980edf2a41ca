// How many photographs and other points InfluxDB got on each business day, by the day on which they were written: one row a
// day.
import "date"
import "timezone"

option location = timezone.location(name: ${time_zone:doublequote})

from(bucket: "${history_bucket}")
    |> range(start: date.truncate(t: v.timeRangeStart, unit: 1d), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "write_log" and r._field == "points")
    |> group(columns: ["measurement"])
    |> aggregateWindow(every: 1d, fn: sum, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with kind: if r.measurement == "photograph" then "photographs" else "other_points"}))
    |> group(columns: ["_time", "kind"])
    |> sum()
    |> group()
    |> pivot(rowKey: ["_time"], columnKey: ["kind"], valueColumn: "_value")
    |> sort(columns: ["_time"])
    |> rename(columns: {_time: "time"})
