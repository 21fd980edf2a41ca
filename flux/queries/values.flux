// All values of one measurement in a span of time, one row a field of a point: series by series, as they are kept.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == params.measurement)
    |> drop(columns: ["_start", "_stop", "_measurement"])
