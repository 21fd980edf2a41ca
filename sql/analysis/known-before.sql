-- Stages what the photographs had told of each outlet before the business day :from_day. Of outlets with a reopened session that
-- began before it, photographs are read from its start on instead.
INSERT INTO photograph (box, outlet, at, status, energy_kwh)
WITH known AS (
  SELECT * FROM outlet_known
   WHERE day = :from_day
     AND NOT EXISTS (SELECT FROM reopened_session AS reopened
                      WHERE (reopened.box, reopened.outlet) = (outlet_known.box, outlet_known.outlet)
                        AND start_time < :from_day::timestamp AT TIME ZONE :time_zone)
)
SELECT box, outlet, status_at, status, NULL FROM known WHERE status IS NOT NULL
 UNION ALL
SELECT box, outlet, energy_at, NULL, energy_kwh FROM known WHERE energy_kwh IS NOT NULL
