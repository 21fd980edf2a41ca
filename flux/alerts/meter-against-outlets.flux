// The boxes whose meter counted other energy than their outlets in the last 24 whole hours, by how much, kWh: positive where
// it is the meter that counted more. Only where the meter has all of these hours, since both must be of the same time.
import "date"
import "math"

stop = date.truncate(t: date.sub(d: 15m, from: now()), unit: 1h)

byBox = (measurement) =>
    from(bucket: params.history)
        |> range(start: date.sub(d: 25h, from: stop), stop: stop)
        |> filter(fn: (r) => r._measurement == measurement and r._field == "energy_kwh")
        |> energyIncreases()
        |> group(columns: ["box"])
        |> reduce(
            identity: {energy_kwh: 0.0, hours: 0},
            fn: (r, accumulator) =>
                ({energy_kwh: accumulator.energy_kwh + r._value, hours: accumulator.hours + 1}),
        )
        |> set(key: "measurement", value: measurement)
        |> group()

union(
    tables: [
        byBox(measurement: "meter_hour") |> filter(fn: (r) => r.hours == 24),
        byBox(measurement: "consumption_hour"),
    ],
)
    |> pivot(rowKey: ["box"], columnKey: ["measurement"], valueColumn: "energy_kwh")
    |> filter(fn: (r) => exists r.meter_hour and exists r.consumption_hour)
    |> map(fn: (r) => ({r with difference_kwh: r.meter_hour - r.consumption_hour}))
    |> filter(
        fn: (r) => math.abs(x: r.difference_kwh) > math.mMax(x: params.kwh, y: params.share * r.meter_hour),
    )
    |> keep(columns: ["box", "difference_kwh"])
    |> withPlace(bucket: params.operations, stop: now(), none: {box: "none", difference_kwh: 0.0})
    |> keep(columns: ["box", "district", "difference_kwh"])
