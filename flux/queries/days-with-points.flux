// The days, in UTC, on which a measurement has points with the field `params.field`: one row a day (_time = its start).
from(bucket: params.bucket)
    |> range(start: 0, stop: params.to)
    |> filter(fn: (r) => r._measurement == params.measurement and r._field == params.field)
    |> aggregateWindow(every: 1d, fn: count, createEmpty: false, timeSrc: "_start")
    |> keep(columns: ["_time"])
    |> distinct(column: "_time")
    |> keep(columns: ["_value"])
    |> sort(columns: ["_value"])
