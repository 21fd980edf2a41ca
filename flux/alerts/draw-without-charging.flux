// The outlets that draw current in their last photograph, and do not charge; and how much, A.
lastPhotographs(bucket: params.history, stop: now())
    |> filter(fn: (r) => r.status != 2 and r.status != 6)
    |> filter(fn: (r) => exists r.current_a and r.current_a >= params.current_a)
    |> keep(columns: ["box", "outlet", "current_a"])
    |> withPlace(bucket: params.operations, stop: now(), none: {box: "none", outlet: "", current_a: 0.0})
    |> keep(columns: ["box", "outlet", "district", "current_a"])
