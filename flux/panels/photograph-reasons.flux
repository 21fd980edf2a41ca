// When and why the chosen outlet was photographed, the latest thousand times.
from(bucket: "${history_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(
        fn: (r) =>
            r._measurement == "photograph" and r.box == ${box:doublequote} and r.outlet == ${outlet:doublequote}
                and r._field == "reason",
    )
    |> group()
    |> sort(columns: ["_time"])
    |> tail(n: 1000)
    |> map(fn: (r) => ({time: r._time, text: r._value}))
