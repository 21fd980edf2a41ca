// The last known energy register of each outlet, kWh: one row an outlet.
from(bucket: params.bucket)
    |> range(start: params.from)
    |> filter(fn: (r) => r._measurement == params.measurement and r._field == "energy_kwh")
    |> last()
    |> group()
    |> keep(columns: ["box", "outlet", "_value"])
