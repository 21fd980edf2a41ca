// Downsamples the hours of a span of time again, as the tasks do that run each hour (flux/tasks): for points that came later
// than these look back. One row an hour that was written over.
fields = from(bucket: params.telemetryBucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == params.measurement)

last = fields
    |> filter(fn: (r) => r._field == "energy_kwh")
    |> aggregateWindow(every: 1h, fn: last, createEmpty: false, timeSrc: "_start")

means = fields
    |> filter(fn: (r) => r._field != "energy_kwh")
    |> aggregateWindow(every: 1h, fn: mean, createEmpty: false, timeSrc: "_start")

union(tables: [last, means])
    |> set(key: "_measurement", value: params.measurement + "_hour")
    |> to(bucket: params.historyBucket)
    |> group()
    |> count()
    |> keep(columns: ["_value"])
