// Which days of which measurements got points since an instant: one row a measurement and day (UTC, 2026-10-02), with the
// last time that it was written to.
from(bucket: params.bucket)
    |> range(start: params.from)
    |> filter(fn: (r) => r._measurement == "write_log" and r._field == "points")
    |> last()
    |> keep(columns: ["measurement", "day", "_time"])
    |> group()
