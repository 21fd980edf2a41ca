// Values that hold until the next one, as they are over a span of time: from what held at its start (of what the tables have
// from before it) to what holds at its end.
heldOver = (tables=<-, start, stop) =>
    union(
        tables: [
            tables
                |> filter(fn: (r) => r._time < start)
                |> tail(n: 1)
                |> drop(columns: ["_time"])
                |> map(fn: (r) => ({r with _time: start})),
            tables |> filter(fn: (r) => r._time >= start),
            tables |> tail(n: 1) |> drop(columns: ["_time"]) |> map(fn: (r) => ({r with _time: stop})),
        ],
    )
        |> sort(columns: ["_time"])
