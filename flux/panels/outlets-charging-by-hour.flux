// How many outlets of the chosen boxes were charging (status 2) in each hour, on the mean over the hour: one row an hour.
// A status holds from its photograph to the next one of the outlet; the two days before the first hour tell what it was then.
// An outlet that no photograph was taken of for abandoned_after_ms is not charging any more.
import "contrib/tomhollingworth/events"
import "date"
import "generate"
import "timezone"

option location = timezone.location(name: ${time_zone:doublequote})

start = date.truncate(t: v.timeRangeStart, unit: 1h)
stop = date.truncate(t: v.timeRangeStop, unit: 1h)

charging = from(bucket: "${history_bucket}")
    |> range(start: date.sub(d: 2d, from: start), stop: stop)
    |> filter(fn: (r) => r._measurement == "photograph" and r._field == "status" and r.box =~ /^${box:regex}$/)
    |> events.duration(unit: 1ms, columnName: "ms", stop: stop)
    |> filter(fn: (r) => r._value == 2 and float(v: r.ms) <= params.abandoned_after_ms)

begins = charging |> map(fn: (r) => ({_time: r._time, _stop: stop, _value: 1}))
ends = charging |> map(fn: (r) => ({_time: time(v: int(v: r._time) + r.ms * 1000000), _stop: stop, _value: -1}))

// They change nothing, but no number of outlets lasts over a full hour.
hours = generate.from(start: start, stop: stop, count: (int(v: stop) - int(v: start)) / 3600000000000, fn: (n) => 0)
    |> map(fn: (r) => ({_time: r._time, _stop: stop, _value: r._value}))

union(tables: [begins, ends, hours])
    |> group()
    |> sort(columns: ["_time"])
    |> cumulativeSum()
    |> events.duration(unit: 1ms, columnName: "ms", stop: stop)
    |> filter(fn: (r) => r._time >= start)
    |> map(fn: (r) => ({_time: r._time, _start: start, _stop: stop, _value: float(v: r._value * r.ms) / 3600000.0}))
    |> aggregateWindow(every: 1h, fn: sum, createEmpty: false, timeSrc: "_start")
    |> keep(columns: ["_time", "_value"])
    |> rename(columns: {_time: "time", _value: "outlets_charging"})
