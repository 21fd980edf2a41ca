// Energy that the outlets of the chosen boxes metered on each business day, by the increases of their registers: one row a day.
// The two days before the first tell what each register was then; an idle outlet is photographed once a day.
import "date"
import "timezone"

option location = timezone.location(name: ${time_zone:doublequote})

start = date.truncate(t: v.timeRangeStart, unit: 1d)

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: start), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "energy_kwh" and r.box =~ /^${box:regex}$/)
    |> energyIncreases()
    |> aggregateWindow(every: 1d, fn: sum, createEmpty: false, timeSrc: "_start")
    |> filter(fn: (r) => r._time >= start)
    |> group(columns: ["_time"])
    |> sum()
    |> group()
    |> sort(columns: ["_time"])
    |> keep(columns: ["_time", "_value"])
    |> rename(columns: {_time: "time", _value: "metered"})
