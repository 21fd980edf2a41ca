// The photographs of a span of time, one row a photograph, with what sessions are built from.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph")
    |> filter(
        fn: (r) =>
            r._field == "status" or r._field == "power_w" or r._field == "power_factor" or r._field == "energy_kwh"
                or r._field == "backlog",
    )
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    |> drop(columns: ["_start", "_stop", "_measurement"])
