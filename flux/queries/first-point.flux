// When the first photograph was taken, or the first connection told: at most one row.
from(bucket: params.bucket)
    |> range(start: 0)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "status" or r._measurement == "connection" and r._field == "online")
    |> first()
    |> keep(columns: ["_time"])
    |> group()
    |> sort(columns: ["_time"])
    |> limit(n: 1)
