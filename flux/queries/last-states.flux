// What was known of each outlet last in a span of time: one row an outlet and field (status, energy_kwh), with its time.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph")
    |> filter(fn: (r) => r._field == "status" or r._field == "energy_kwh")
    |> last()
    |> toFloat()
    |> keep(columns: ["box", "outlet", "_field", "_time", "_value"])
    |> group()
