-- Fills OUTLET_MONTH_END for the months that :from_day and the days up to before :to_day lie in, by the staged photographs up
-- to the end of each: these reach back to the start of the first of them, and tell what was known before.
WITH months AS (
  SELECT first_day AS month, next_day::timestamp AT TIME ZONE :time_zone AS ends
    FROM periods_between('month', :from_day, :to_day)
), wanted AS (
  SELECT month, box, outlet,
         max(at) FILTER (WHERE status IS NOT NULL) AS status_at,
         (array_agg(status ORDER BY at DESC) FILTER (WHERE status IS NOT NULL))[1] AS status,
         max(at) FILTER (WHERE energy_kwh IS NOT NULL) AS energy_at,
         (array_agg(energy_kwh ORDER BY at DESC) FILTER (WHERE energy_kwh IS NOT NULL))[1] AS energy_kwh
    FROM months JOIN photograph ON at < ends
   GROUP BY month, box, outlet
), removed AS (
  DELETE FROM outlet_month_end AS kept
   WHERE kept.month IN (SELECT month FROM months)
     AND NOT EXISTS (SELECT FROM wanted
                      WHERE (wanted.month, wanted.box, wanted.outlet) = (kept.month, kept.box, kept.outlet))
)
INSERT INTO outlet_month_end AS kept (month, box, outlet, status_at, status, energy_at, energy_kwh)
SELECT * FROM wanted
    ON CONFLICT (month, box, outlet) DO UPDATE
   SET status_at = excluded.status_at,
       status = excluded.status,
       energy_at = excluded.energy_at,
       energy_kwh = excluded.energy_kwh
 WHERE (kept.*) IS DISTINCT FROM (excluded.*)
