// The boxes in service that are away: 1 is offline, 2 silent.
boxesAway(bucket: params.history, stop: now())
    |> withPlace(bucket: params.operations, stop: now(), none: {box: "none", state: ""})
    |> filter(fn: (r) => r.in_service)
    |> map(fn: (r) => ({box: r.box, district: r.district, away: if r.state == "silent" then 2.0 else 1.0}))
