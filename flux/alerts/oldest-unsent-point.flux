// How long the oldest point of each Evida has been waiting for InfluxDB, s.
from(bucket: params.operations)
    |> range(start: -10m)
    |> filter(fn: (r) => r._measurement == "evida" and r._field == "oldest_unsent_s")
    |> last()
    |> group()
    |> map(fn: (r) => ({client: r.client, seconds: r._value}))
