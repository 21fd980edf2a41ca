// What the outlets of each box were doing at the end of the time range: how many are in which status, and the power of all,
// W. One row a box. An outlet that nobody has photographed for two days is left out: PHOTOGRAPH_IDLE_INTERVAL is a day.
import "date"

one = (r, status) => if r.status == status then 1 else 0

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and (r._field == "status" or r._field == "power_w"))
    |> last()
    |> group(columns: ["box", "_field"])
    |> pivot(rowKey: ["_time", "outlet"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.status and r.status != 6)
    |> reduce(
        identity: {charging: 0, ready: 0, full: 0, available: 0, unplugged: 0, installed: 0, power_w: 0.0},
        fn: (r, accumulator) => ({
            charging: accumulator.charging + one(r: r, status: 2),
            ready: accumulator.ready + one(r: r, status: 1),
            full: accumulator.full + one(r: r, status: 3),
            available: accumulator.available + one(r: r, status: 0),
            unplugged: accumulator.unplugged + one(r: r, status: 4),
            installed: accumulator.installed + 1,
            power_w: accumulator.power_w + (if exists r.power_w then r.power_w else 0.0),
        }),
    )
    |> group()
