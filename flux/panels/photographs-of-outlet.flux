// The photographs of the chosen outlet, the latest thousand, with all that is in them: one row each, the latest first.
from(bucket: "${history_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(
        fn: (r) => r._measurement == "photograph" and r.box == ${box:doublequote} and r.outlet == ${outlet:doublequote},
    )
    |> drop(columns: ["_start", "_stop", "_measurement", "box", "outlet"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    |> sort(columns: ["_time"], desc: true)
    |> limit(n: 1000)
    |> rename(columns: {_time: "time"})
