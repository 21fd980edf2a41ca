// How many messages and points of each Evida became dead letters in the last half hour.
from(bucket: params.operations)
    |> range(start: -31m)
    |> filter(
        fn: (r) => r._measurement == "evida" and (r._field == "dead_messages" or r._field == "dead_points"),
    )
    |> increase()
    |> last()
    |> group(columns: ["client"])
    |> sum()
    |> group()
    |> map(fn: (r) => ({client: r.client, letters: r._value}))
