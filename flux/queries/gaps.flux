// The gap points of a span of time, one row a point: from and to are ms UTC.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "gap")
    |> drop(columns: ["_start", "_stop", "_measurement"])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
