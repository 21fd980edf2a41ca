// Rows of boxes with the place of each, in one table: its district, Unknown where Evida knows none, and whether it is in
// service. A box that has been listened to in the last three hours has one (place, in the bucket of Evida's own state).
// `none` is a row of these columns, whose box is none.
import "date"
import "join"

withPlace = (tables=<-, bucket, stop, none) =>
    join.left(
        left: tables |> neverEmpty(none: none),
        right:
            from(bucket: bucket)
                |> range(start: date.sub(d: 3h, from: stop), stop: stop)
                |> filter(
                    fn: (r) => r._measurement == "place" and (r._field == "district" or r._field == "in_service"),
                )
                |> last()
                |> group(columns: ["box", "_field"])
                |> pivot(rowKey: ["box"], columnKey: ["_field"], valueColumn: "_value")
                |> neverEmpty(none: {box: "none", district: "Unknown", in_service: false}),
        on: (l, r) => l.box == r.box,
        as: (l, r) =>
            ({l with
                district: if exists r.district then r.district else "Unknown",
                in_service: exists r.district and r.in_service,
            }),
    )
        |> filter(fn: (r) => r.box != "none")
