// The last known values of each outlet of some boxes, with the time of the photograph that they are of: one row a value.
// Each photograph has a status, so the time of the last status is that of the last photograph.
// No pivot: it would take longer than all the rest, and more memory.
from(bucket: params.bucket)
    |> range(start: params.from, stop: params.to)
    |> filter(fn: (r) => r._measurement == "photograph" and r.box =~ params.boxes)
    |> filter(
        fn: (r) =>
            r._field == "status" or r._field == "reason" or r._field == "current_a" or r._field == "power_factor"
                or r._field == "voltage_v" or r._field == "energy_kwh",
    )
    |> last()
    |> group(columns: ["_field"])
    |> keep(columns: ["box", "outlet", "_field", "_time", "_value"])
