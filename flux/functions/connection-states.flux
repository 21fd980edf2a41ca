// The state of boxes at each of their connection points, from these: online, offline, or silent, which says nothing of the
// connection. One table a box, in the order of time.
connectionStates = (tables=<-) =>
    tables
        |> group(columns: ["box"])
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> map(fn: (r) => ({r with state: if r.silent then "silent" else if r.online then "online" else "offline"}))
        |> sort(columns: ["_time"])
