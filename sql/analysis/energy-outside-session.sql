-- Fills ENERGY_OUTSIDE_SESSION for the business days from :from_day to before :to_day with what registers grew by in staged
-- photographs that belong to no session. What the first photograph of a session shows was drawn before it.
WITH wanted AS (
  SELECT photographs.box, photographs.outlet, (at AT TIME ZONE :time_zone)::date AS day,
         sum(drawn_kwh::numeric)::double precision AS drawn_kwh
    FROM photograph_in_order AS photographs
   WHERE drawn_kwh > 0
     AND at >= :from_day::timestamp AT TIME ZONE :time_zone AND at < :to_day::timestamp AT TIME ZONE :time_zone
     AND NOT EXISTS (
         SELECT FROM charging_session AS sessions
          WHERE (sessions.box, sessions.outlet) = (photographs.box, photographs.outlet)
            AND sessions.start_time < at AND (sessions.start_time > at - interval '31 days' OR end_time IS NULL)
            AND at <= coalesce(end_time, at))
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
