// The boxes whose last known voltage of the last quarter of an hour is out of range, V: by the meter, or by a photograph.
voltages = (bucket, measurement) =>
    from(bucket: bucket)
        |> range(start: -15m)
        |> filter(fn: (r) => r._measurement == measurement and r._field == "voltage_v")
        |> last()
        |> keep(columns: ["box", "_time", "_value"])

union(
    tables: [
        voltages(bucket: params.telemetry, measurement: "meter"),
        voltages(bucket: params.history, measurement: "photograph"),
    ],
)
    |> group(columns: ["box"])
    |> sort(columns: ["_time"])
    |> last()
    |> filter(fn: (r) => r._value < params.lowest or r._value > params.highest)
    |> keep(columns: ["box", "_value"])
    |> withPlace(bucket: params.operations, stop: now(), none: {box: "none", _value: 0.0})
    |> map(fn: (r) => ({box: r.box, district: r.district, voltage_v: r._value}))
