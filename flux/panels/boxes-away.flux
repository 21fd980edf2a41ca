// The boxes that are offline or silent at the end of the time range, and since when, looked for in the week before: one row
// a box.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 1w, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "connection")
    |> connectionStates()
    |> stateDuration(fn: (r) => r.state != "online", column: "away_s", unit: 1s)
    |> tail(n: 1)
    |> filter(fn: (r) => r.away_s >= 0)
    |> group()
    |> map(fn: (r) => ({box: r.box, state: r.state, since: time(v: int(v: r._time) - r.away_s * 1000000000)}))
