// How many points write_log counts for each measurement and day (UTC, 2026-10-02), of all times: one row each.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "write_log" and r._field == "points")
    |> sum()
    |> keep(columns: ["measurement", "day", "_value"])
    |> group()
