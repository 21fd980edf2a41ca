// The highest values of what Evida says of itself by `field` over time: one series a process.
from(bucket: "${operations_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "evida" and r._field == params.field)
    |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
    |> keep(columns: ["_time", "_value", "client"])
