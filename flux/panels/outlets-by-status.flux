// How many outlets of each box were in which status at the end of the time range: one row a box. An outlet that nobody has
// photographed for two days is left out: PHOTOGRAPH_IDLE_INTERVAL is a day.
// Each status has two digits of one sum, since a box has ten outlets: to fold rows or to pivot takes InfluxDB far longer.
import "date"

digits = (status) =>
    if status == 2 then
        1
    else if status == 1 then
        100
    else if status == 3 then
        10000
    else if status == 0 then
        1000000
    else if status == 4 then
        100000000
    else
        10000000000

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "status")
    |> last()
    |> filter(fn: (r) => r._value != 6)
    |> group()
    |> map(fn: (r) => ({box: r.box, _value: digits(status: r._value)}))
    |> group(columns: ["box"])
    |> sum()
    |> group()
    |> map(
        fn: (r) => ({
            box: r.box,
            charging: r._value % 100,
            ready: r._value / 100 % 100,
            full: r._value / 10000 % 100,
            available: r._value / 1000000 % 100,
            unplugged: r._value / 100000000 % 100,
            other: r._value / 10000000000,
        }),
    )
