// How full the log of each Evida is, in percent of JOURNAL_MAX.
from(bucket: params.operations)
    |> range(start: -10m)
    |> filter(
        fn: (r) => r._measurement == "evida" and (r._field == "log_bytes" or r._field == "log_max_bytes"),
    )
    |> last()
    |> group(columns: ["client"])
    |> pivot(rowKey: ["client"], columnKey: ["_field"], valueColumn: "_value")
    |> group()
    |> map(fn: (r) => ({client: r.client, percent: 100.0 * r.log_bytes / r.log_max_bytes}))
