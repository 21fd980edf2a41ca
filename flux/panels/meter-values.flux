// Voltage and current of the chosen box's meter, means over the intervals of the panel.
from(bucket: "${telemetry_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(
        fn: (r) =>
            r._measurement == "meter" and r.box == ${box:doublequote}
                and (r._field == "voltage_v" or r._field == "current_a"),
    )
    |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false, timeSrc: "_start")
    |> group()
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> rename(columns: {_time: "time"})
