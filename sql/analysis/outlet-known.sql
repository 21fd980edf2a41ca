-- Fills OUTLET_KNOWN for the business days after :from_day and up to :to_day, as far as they have begun by :now: the first and
-- the last one of each month, and the latest two, by what is staged of before. Others are not needed any more.
WITH today AS (
  SELECT (:now AT TIME ZONE :time_zone)::date AS day
), days AS (
  SELECT day::date AS day, day::timestamp AT TIME ZONE :time_zone - :merge_gap - interval '1 hour' AS until
    FROM generate_series(:from_day + 1, :to_day::timestamp, interval '1 day') AS day
   WHERE day <= (SELECT day FROM today)
     AND (extract(day FROM day) = 1 OR extract(day FROM day + interval '1 day') = 1 OR day > (SELECT day - 2 FROM today))
), wanted AS (
  SELECT day, box, outlet,
         max(at) FILTER (WHERE status IS NOT NULL) AS status_at,
         (array_agg(status ORDER BY at DESC) FILTER (WHERE status IS NOT NULL))[1] AS status,
         max(at) FILTER (WHERE energy_kwh IS NOT NULL) AS energy_at,
         (array_agg(energy_kwh ORDER BY at DESC) FILTER (WHERE energy_kwh IS NOT NULL))[1] AS energy_kwh
    FROM days JOIN photograph ON at < until
   GROUP BY day, box, outlet
), removed AS (
  DELETE FROM outlet_known AS kept
   WHERE kept.day > :from_day AND kept.day <= :to_day
     AND NOT EXISTS (SELECT FROM wanted
                      WHERE (wanted.day, wanted.box, wanted.outlet) = (kept.day, kept.box, kept.outlet))
      OR kept.day < (SELECT day - 7 FROM today) AND extract(day FROM kept.day) <> 1 AND extract(day FROM kept.day + 1) <> 1
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT day, box, outlet, status_at, status, energy_at, energy_kwh FROM outlet_known
   WHERE day > :from_day AND day <= :to_day
)
INSERT INTO outlet_known AS kept (day, box, outlet, status_at, status, energy_at, energy_kwh)
SELECT * FROM differing
    ON CONFLICT (day, box, outlet) DO UPDATE
   SET status_at = excluded.status_at,
       status = excluded.status,
       energy_at = excluded.energy_at,
       energy_kwh = excluded.energy_kwh
