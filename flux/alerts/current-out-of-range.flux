// The outlets whose last photograph has a current that is out of range, A. One that is older than an outlet that is heard of
// would let it get tells nothing of now.
import "date"

lastPhotographs(bucket: params.history, stop: now())
    |> filter(fn: (r) => r._time >= date.sub(d: duration(v: params.photographed_every), from: now()))
    |> filter(fn: (r) => exists r.current_a and (r.current_a < params.lowest or r.current_a > params.highest))
    |> keep(columns: ["box", "outlet", "current_a"])
    |> withPlace(bucket: params.operations, stop: now(), none: {box: "none", outlet: "", current_a: 0.0})
    |> keep(columns: ["box", "outlet", "district", "current_a"])
