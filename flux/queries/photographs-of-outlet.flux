// The photographs of one outlet in a span of time, one row a photograph, with what sessions are built from.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph" and r.box == params.box and r.outlet == params.outlet)
    |> filter(
        fn: (r) =>
            r._field == "status" or r._field == "power_w" or r._field == "power_factor" or r._field == "energy_kwh"
                or r._field == "backlog",
    )
    |> pivot(rowKey: ["_time", "outlet"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
