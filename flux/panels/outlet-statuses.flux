// The status of each outlet of the chosen box over time, by its photographs: one series an outlet.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStart), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and r.box == ${box:doublequote} and r._field == "status")
    |> heldOver(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> keep(columns: ["_time", "_value", "outlet"])
