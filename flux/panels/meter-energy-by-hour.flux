// How much the registers of the chosen box grew in each hour, kWh: that of its meter, and those of its outlets together. Each
// register has a point at each full hour, so that the hours are exact.
import "date"

start = date.truncate(t: v.timeRangeStart, unit: 1h)

byHour = (measurement, name) =>
    from(bucket: "${telemetry_bucket}")
        |> range(start: date.sub(d: 1h, from: start), stop: v.timeRangeStop)
        |> filter(
            fn: (r) => r._measurement == measurement and r.box == ${box:doublequote} and r._field == "energy_kwh",
        )
        |> energyIncreases()
        |> filter(fn: (r) => r._time > start)
        |> map(fn: (r) => ({r with time: date.truncate(t: time(v: int(v: r._time) - 1), unit: 1h)}))
        |> group(columns: ["time"])
        |> sum()
        |> group()
        |> set(key: "name", value: name)

union(tables: [byHour(measurement: "meter", name: "meter"), byHour(measurement: "consumption", name: "outlets")])
    |> pivot(rowKey: ["time"], columnKey: ["name"], valueColumn: "_value")
    |> sort(columns: ["time"])
