-- Fills OUTLET_MONTH_END for the months that the business days from :from_day to before :to_day lie in, by what is staged.
-- Photographs from an hour and :merge_gap before the end of a month on are read again with the next one.
WITH months AS (
  SELECT first_day AS month, next_day::timestamp AT TIME ZONE :time_zone - :merge_gap - interval '1 hour' AS ends
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
