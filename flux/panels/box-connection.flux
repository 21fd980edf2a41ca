// The state of the chosen box over time: online, offline or silent.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStart), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "connection" and r.box == ${box:doublequote})
    |> connectionStates()
    |> heldOver(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> group()
    |> keep(columns: ["_time", "state"])
    |> rename(columns: {_time: "time"})
