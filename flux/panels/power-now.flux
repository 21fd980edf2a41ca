// The power of each box at the end of the time range, W, by the photographs of its outlets in the hour before: one row a box.
// An outlet that charges is photographed at least once in PHOTOGRAPH_INTERVAL, half an hour.
import "date"

from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 1h, from: v.timeRangeStop), stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "power_w")
    |> last()
    |> group(columns: ["box"])
    |> sum()
    |> group()
    |> keep(columns: ["box", "_value"])
    |> rename(columns: {_value: "power_w"})
