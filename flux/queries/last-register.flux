// The last known energy register of one outlet before an instant, kWh: at most one row.
from(bucket: params.bucket)
    |> range(start: 0, stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph" and r.box == params.box and r.outlet == params.outlet)
    |> filter(fn: (r) => r._field == "energy_kwh")
    |> last()
    |> rename(columns: {_value: "energy_kwh"})
