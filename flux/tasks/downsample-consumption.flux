// Keeps the last energy register of each outlet in each hour, for as long as the history is kept. It reads back three
// hours, so that points that came late are in; a repeated hour is written over itself.
import "date"

option task = {name: "evida downsample consumption", every: 1h, offset: 10m}

stop = date.truncate(t: now(), unit: 1h)

from(bucket: params.telemetryBucket)
    |> range(start: date.sub(d: 3h, from: stop), stop: stop)
    |> filter(fn: (r) => r._measurement == "consumption" and r._field == "energy_kwh")
    |> aggregateWindow(every: 1h, fn: last, createEmpty: false, timeSrc: "_start")
    |> set(key: "_measurement", value: "consumption_hour")
    |> to(bucket: params.historyBucket)
