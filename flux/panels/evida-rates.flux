// How fast counters of Evida grow over time, a minute, all processes together: a column for each, of those that `fields` names
// with | between them.
import "regexp"

named = regexp.compile(v: "^(" + params.fields + ")$")
// Less than the minute between two of its words would tell nothing more.
every = if int(v: v.windowPeriod) < int(v: 1m) then 1m else v.windowPeriod

from(bucket: "${operations_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "evida" and r._field =~ named)
    |> derivative(unit: 1m, nonNegative: true)
    |> filter(fn: (r) => exists r._value)
    |> aggregateWindow(every: every, fn: mean, createEmpty: false, timeSrc: "_start")
    |> group(columns: ["_field", "_time"])
    |> sum()
    |> group()
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> sort(columns: ["_time"])
    |> rename(columns: {_time: "time"})
