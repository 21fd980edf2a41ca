// How long no box has said anything to each Evida that has listened in the last day, s. The state of one that has gone down
// only gets older.
from(bucket: params.operations)
    |> range(start: -1d)
    |> filter(fn: (r) => r._measurement == "evida" and r._field == "seconds_since_message")
    |> last()
    |> group()
    |> map(
        fn: (r) => ({
            client: r.client,
            seconds: r._value + float(v: int(v: now()) - int(v: r._time)) / 1000000000.0,
        }),
    )
