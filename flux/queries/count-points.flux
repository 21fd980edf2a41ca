// How many values a field of a measurement has: one row.
from(bucket: params.bucket)
    |> range(start: params.from)
    |> filter(fn: (r) => r._measurement == params.measurement and r._field == params.field)
    |> group()
    |> count()
    |> keep(columns: ["_value"])
