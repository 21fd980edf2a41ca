// Energy by the register of the chosen box's meter on each business day, kWh: one row a day. The register has a point at each
// full hour, so that the days are exact.
import "date"
import "timezone"

option location = timezone.location(name: ${time_zone:doublequote})

start = date.truncate(t: v.timeRangeStart, unit: 1d)

from(bucket: "${telemetry_bucket}")
    |> range(start: date.sub(d: 1h, from: start), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "meter" and r.box == ${box:doublequote} and r._field == "energy_kwh")
    |> energyIncreases()
    |> filter(fn: (r) => r._time > start)
    |> map(fn: (r) => ({r with time: date.truncate(t: time(v: int(v: r._time) - 1), unit: 1d)}))
    |> group(columns: ["time"])
    |> sum()
    |> group()
    |> sort(columns: ["time"])
    |> rename(columns: {_value: "meter"})
