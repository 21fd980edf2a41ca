// The measurements of a bucket: one row each.
import "influxdata/influxdb/schema"

schema.tagValues(bucket: params.bucket, tag: "_measurement", predicate: (r) => true, start: params.from, stop: params.to)
