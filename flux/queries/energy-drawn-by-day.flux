// The energy that the outlets of each box drew on each business day, by the register of their photographs:
// one row a box and day (_time = the day's start), _value in kWh.
// It reads two days further back, since an idle outlet is photographed once a day: the first increase needs a value before.
import "date"
import "timezone"

option location = timezone.location(name: params.timeZone)

from(bucket: params.bucket)
    |> range(start: date.sub(d: 2d, from: params.from), stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "energy_kwh")
    |> energyIncreases()
    |> aggregateWindow(every: 1d, fn: sum, createEmpty: false, timeSrc: "_start")
    |> filter(fn: (r) => r._time >= params.from)
    |> group(columns: ["box", "_time"])
    |> sum()
    |> group()
    |> keep(columns: ["box", "_time", "_value"])
