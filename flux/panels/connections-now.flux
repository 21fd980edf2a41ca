// The state of each box at the end of the time range, in words and as numbers to add up: one row a box. Each box that is
// listed has a connection point each midnight.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "connection")
    |> last()
    |> connectionStates()
    |> group()
    |> map(
        fn: (r) => ({
            box: r.box,
            state: r.state,
            online: if r.state == "online" then 1 else 0,
            offline: if r.state == "offline" then 1 else 0,
            silent: if r.state == "silent" then 1 else 0,
        }),
    )
