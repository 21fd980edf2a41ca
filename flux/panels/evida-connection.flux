// What the connection of each Evida to the broker was at each minute: one series a process. 0 away, 1 connected, but not to
// all topics, 2 hearing what had waited, 3 listening.
from(bucket: "${operations_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(
        fn: (r) =>
            r._measurement == "evida" and (r._field == "connected" or r._field == "listening" or r._field == "backlog"),
    )
    |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false)
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> map(
        fn: (r) => ({
            _time: r._time,
            client: r.client,
            _value:
                if r.connected == 0.0 then 0 else if r.backlog == 1.0 then 2 else if r.listening == 1.0 then 3 else 1,
        }),
    )
    |> group(columns: ["client"])
