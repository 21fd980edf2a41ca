// The connection points of a span of time, one row a point.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "connection")
    |> drop(columns: ["_start", "_stop", "_measurement"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
