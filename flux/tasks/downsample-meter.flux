// Keeps the last energy register of each meter in each hour, and the means of voltage and current, for as long as the
// history is kept. It reads back three hours, so that points that came late are in; a repeated hour is written over itself.
import "date"

option task = {name: "evida downsample meter", every: 1h, offset: 10m}

stop = date.truncate(t: now(), unit: 1h)

meter = from(bucket: params.telemetryBucket)
    |> range(start: date.sub(d: 3h, from: stop), stop: stop)
    |> filter(fn: (r) => r._measurement == "meter")

last = meter
    |> filter(fn: (r) => r._field == "energy_kwh")
    |> aggregateWindow(every: 1h, fn: last, createEmpty: false, timeSrc: "_start")

means = meter
    |> filter(fn: (r) => r._field != "energy_kwh")
    |> aggregateWindow(every: 1h, fn: mean, createEmpty: false, timeSrc: "_start")

union(tables: [last, means])
    |> set(key: "_measurement", value: "meter_hour")
    |> to(bucket: params.historyBucket)
