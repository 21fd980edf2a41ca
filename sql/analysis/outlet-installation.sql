-- Fills OUTLET_INSTALLATION with the staged photographs from :from_day to before :to_day that show an outlet as installed
-- after it was not (status 6), or the other way round, or for the first time.
WITH wanted AS (
  SELECT box, outlet, at AS since, status <> 6 AS installed
    FROM photograph_in_order
   WHERE status IS NOT NULL
     AND (status_before IS NULL OR (status = 6) <> (status_before = 6))
     AND at >= :from_time AND at < :to_time
), removed AS (
  DELETE FROM outlet_installation AS kept
   WHERE kept.since >= :from_time
     AND kept.since < :to_time
     AND NOT EXISTS (SELECT FROM wanted
                      WHERE (wanted.box, wanted.outlet, wanted.since) = (kept.box, kept.outlet, kept.since))
  RETURNING kept.since
), written AS (
  INSERT INTO outlet_installation AS kept (box, outlet, since, installed)
  SELECT * FROM wanted
      ON CONFLICT (box, outlet, since) DO UPDATE SET installed = excluded.installed
   WHERE kept.installed <> excluded.installed
  RETURNING kept.since
), changed AS (
  SELECT (since AT TIME ZONE :time_zone)::date AS day FROM removed
   UNION ALL
  SELECT (since AT TIME ZONE :time_zone)::date FROM written
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(day)::text AS "changedFrom", (max(day) + 1)::text AS "changedTo"
  FROM changed
