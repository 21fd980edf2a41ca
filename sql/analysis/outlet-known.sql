-- Fills OUTLET_KNOWN for the business days after :from_day, from which on photographs have changed, and up to :to_day, as far as
-- they have begun by :now: the first and the last one of each month, and the latest two. Others are not needed any more.
-- Of outlets without staged photographs, what was known before holds on.
WITH today AS (
  SELECT (:now AT TIME ZONE :time_zone)::date AS day
), days AS (
  SELECT day::date AS day, day AT TIME ZONE :time_zone - :merge_gap - interval '1 hour' AS until
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
   UNION ALL
  SELECT days.day, box, outlet, status_at, status, energy_at, energy_kwh
    FROM days CROSS JOIN outlet_known AS before
   WHERE before.day = (SELECT max(day) FROM outlet_known WHERE day < :from_day)
     AND (box, outlet) NOT IN (SELECT box, outlet FROM photograph)
), kept AS (
  SELECT ctid AS place, * FROM outlet_known WHERE day > :from_day AND day <= :to_day
), differing AS (
  SELECT wanted.*, place
    FROM wanted FULL JOIN kept ON (kept.day, kept.box, kept.outlet) = (wanted.day, wanted.box, wanted.outlet)
   WHERE (wanted.day, wanted.status_at, wanted.status, wanted.energy_at, wanted.energy_kwh)
         IS DISTINCT FROM (kept.day, kept.status_at, kept.status, kept.energy_at, kept.energy_kwh)
), removed AS (
  DELETE FROM outlet_known WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE day IS NULL))
), outdated AS (
  DELETE FROM outlet_known
   WHERE day = ANY (ARRAY(
         SELECT day::date
           FROM generate_series((SELECT min(day) FROM outlet_known)::timestamp, (SELECT day - 8 FROM today), interval '1 day') AS day
          WHERE extract(day FROM day) <> 1 AND extract(day FROM day + interval '1 day') <> 1))
)
INSERT INTO outlet_known (day, box, outlet, status_at, status, energy_at, energy_kwh)
SELECT day, box, outlet, status_at, status, energy_at, energy_kwh
  FROM differing
 WHERE day IS NOT NULL
    ON CONFLICT (day, box, outlet) DO UPDATE
   SET status_at = excluded.status_at,
       status = excluded.status,
       energy_at = excluded.energy_at,
       energy_kwh = excluded.energy_kwh
