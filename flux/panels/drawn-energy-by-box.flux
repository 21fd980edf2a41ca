// Energy that the outlets of each chosen box drew over the business days of the span, by the increases of their registers:
// one row a box. The two days before the first tell what each register was then.
import "date"
import "timezone"

option location = timezone.location(name: ${time_zone:doublequote})

start = date.truncate(t: v.timeRangeStart, unit: 1d)

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: start), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "energy_kwh" and r.box =~ /^${box:regex}$/)
    |> energyIncreases()
    |> filter(fn: (r) => r._time >= start)
    |> group(columns: ["box"])
    |> sum()
    |> group()
    |> keep(columns: ["box", "_value"])
    |> rename(columns: {_value: "drawn_kwh"})
