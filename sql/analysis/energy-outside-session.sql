-- Fills ENERGY_OUTSIDE_SESSION for the business days from :from_day to before :to_day with what registers grew by in staged
-- photographs that belong to no session. What the first photograph of a session shows was drawn before it.
WITH wanted AS (
  SELECT photographs.box, photographs.outlet, (at AT TIME ZONE :time_zone)::date AS day,
         sum(drawn_kwh::numeric)::double precision AS drawn_kwh
    FROM photograph_in_order AS photographs
    LEFT JOIN LATERAL (
         -- The sessions of an outlet follow each other.
         SELECT coalesce(end_time, 'infinity') AS end_time FROM charging_session AS sessions
          WHERE (sessions.box, sessions.outlet) = (photographs.box, photographs.outlet) AND start_time < at
          ORDER BY start_time DESC
          LIMIT 1) AS last ON true
   WHERE drawn_kwh > 0 AND at >= :from_time AND at < :to_time
     AND (last.end_time IS NULL OR last.end_time < at)
   GROUP BY 1, 2, 3
), removed AS (
  DELETE FROM energy_outside_session AS kept
   WHERE kept.day >= :from_day AND kept.day < :to_day
     AND NOT EXISTS (SELECT FROM wanted WHERE (wanted.box, wanted.outlet, wanted.day) = (kept.box, kept.outlet, kept.day))
)
INSERT INTO energy_outside_session AS kept (box, outlet, day, drawn_kwh)
SELECT * FROM wanted
    ON CONFLICT (box, outlet, day) DO UPDATE SET drawn_kwh = excluded.drawn_kwh
 WHERE kept.drawn_kwh <> excluded.drawn_kwh
