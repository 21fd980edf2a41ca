// The outlets that charged when they were last photographed, which is longer ago than an outlet that is heard of would let
// pass; and how long, min. Those of boxes that are away have an alert in common: that of their box.
import "date"
import "join"

silent =
    lastPhotographs(bucket: params.history, stop: now())
        |> filter(
            fn: (r) => r.status == 2 and r._time < date.sub(d: duration(v: params.photographed_every), from: now()),
        )
        |> map(
            fn: (r) => ({box: r.box, outlet: r.outlet, minutes: float(v: int(v: now()) - int(v: r._time)) / 60000000000.0}),
        )

join.left(
    left: silent |> neverEmpty(none: {box: "none", outlet: "", minutes: 0.0}),
    right: boxesAway(bucket: params.history, stop: now()) |> neverEmpty(none: {box: "none", state: ""}),
    on: (l, r) => l.box == r.box,
    as: (l, r) => ({l with is_away: exists r.state}),
)
    |> filter(fn: (r) => r.box != "none" and not r.is_away)
    |> keep(columns: ["box", "outlet", "minutes"])
    |> withPlace(bucket: params.operations, stop: now(), none: {box: "none", outlet: "", minutes: 0.0})
    |> keep(columns: ["box", "outlet", "district", "minutes"])
