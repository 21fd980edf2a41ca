// A value of the chosen outlet, as it was photographed, with the deadband around it: what stays inside is not recorded.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: v.timeRangeStart), stop: v.timeRangeStop)
    |> filter(
        fn: (r) =>
            r._measurement == "photograph" and r.box == ${box:doublequote} and r.outlet == ${outlet:doublequote}
                and r._field == params.field,
    )
    |> heldOver(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> group()
    |> map(
        fn: (r) => ({
            time: r._time,
            photographed: r._value,
            low: if r._value > params.deadband then r._value - params.deadband else 0.0,
            high: r._value + params.deadband,
        }),
    )
