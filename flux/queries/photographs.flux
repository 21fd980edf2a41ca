// The photographs of a span of time, one row a photograph, with what sessions are built from. Pivoted box by box: a table for
// each outlet and field costs InfluxDB more than its rows do.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph")
    |> filter(
        fn: (r) =>
            r._field == "status" or r._field == "power_w" or r._field == "power_factor" or r._field == "energy_kwh"
                or r._field == "backlog",
    )
    |> group(columns: ["box", "_field"])
    |> pivot(rowKey: ["_time", "outlet"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
