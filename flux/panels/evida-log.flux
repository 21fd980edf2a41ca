// How full the log of each Evida is over time, in percent of its cap: one series a process.
from(bucket: "${operations_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(
        fn: (r) => r._measurement == "evida" and (r._field == "log_bytes" or r._field == "log_max_bytes"),
    )
    |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> map(fn: (r) => ({r with _value: 100.0 * r.log_bytes / r.log_max_bytes}))
    |> keep(columns: ["_time", "_value", "client"])
