// The power of the chosen outlet, as it was photographed, W.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStart), stop: v.timeRangeStop)
    |> filter(
        fn: (r) =>
            r._measurement == "photograph" and r.box == ${box:doublequote} and r.outlet == ${outlet:doublequote}
                and r._field == "power_w",
    )
    |> heldOver(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> group()
    |> map(fn: (r) => ({time: r._time, power_w: r._value}))
