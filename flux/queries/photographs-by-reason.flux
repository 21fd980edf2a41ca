// How many photographs were taken for each reason: one row a reason.
from(bucket: params.bucket)
    |> range(start: params.from)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "reason")
    |> group(columns: ["_value"])
    |> reduce(identity: {count: 0}, fn: (r, accumulator) => ({count: accumulator.count + 1}))
    |> group()
    |> rename(columns: {_value: "reason"})
