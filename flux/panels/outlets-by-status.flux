// How many outlets of each box were in which status at the end of the time range: one row a box.
// An outlet that nobody has photographed for two days has no status: PHOTOGRAPH_IDLE_INTERVAL is a day.
import "date"

count = (r, status) => if r._value == status then 1 else 0

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "status")
    |> last()
    |> filter(fn: (r) => r._value != 6)
    |> group(columns: ["box"])
    |> reduce(
        identity: {charging: 0, ready: 0, full: 0, available: 0, unplugged: 0, installed: 0},
        fn: (r, accumulator) => ({
            charging: accumulator.charging + count(r: r, status: 2),
            ready: accumulator.ready + count(r: r, status: 1),
            full: accumulator.full + count(r: r, status: 3),
            available: accumulator.available + count(r: r, status: 0),
            unplugged: accumulator.unplugged + count(r: r, status: 4),
            installed: accumulator.installed + 1,
        }),
    )
    |> group()
