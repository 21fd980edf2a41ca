// How many boxes are listened to, and how many of them are silent, over time: one row a window, with the most of all
// processes, since several may listen to the same boxes.
from(bucket: "${operations_bucket}")
    |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
    |> filter(fn: (r) => r._measurement == "evida" and (r._field == "boxes" or r._field == "silent_boxes"))
    |> group(columns: ["_field"])
    |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
    |> group()
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> sort(columns: ["_time"])
    |> rename(columns: {_time: "time"})
