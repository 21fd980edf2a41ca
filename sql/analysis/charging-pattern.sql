-- Fills CHARGING_PATTERN for the month from :from_day to before :to_day: a row for each box, weekday and hour of the day in
-- which something was billed or metered. The mean is over all these hours that are past, also those in which nobody charged.
WITH bounds AS (
  SELECT :from_day::timestamp AT TIME ZONE :time_zone AS from_time,
         least(:now, :to_day::timestamp AT TIME ZONE :time_zone) AS to_time
), hours AS (
  -- Each hour of the month that has begun, with how much of it is past.
  SELECT start, extract(isodow FROM start AT TIME ZONE :time_zone)::smallint AS weekday,
         extract(hour FROM start AT TIME ZONE :time_zone)::smallint AS hour,
         extract(epoch FROM least(start + interval '1 hour', to_time) - start) AS seconds
    FROM bounds, generate_series(from_time, to_time, interval '1 hour') AS start
   WHERE start < to_time
), past AS (
  SELECT weekday, hour, sum(seconds) AS seconds FROM hours GROUP BY weekday, hour
), events AS (
  SELECT box, extract(isodow FROM start_time AT TIME ZONE :time_zone)::smallint AS weekday,
         extract(hour FROM start_time AT TIME ZONE :time_zone)::smallint AS hour,
         count(*)::integer AS charging_events
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY 1, 2, 3
), used AS (
  SELECT box, weekday, hours.hour, sum(drawn_kwh::numeric) AS drawn_kwh, sum(charging_s::numeric) AS charging_s
    FROM hours JOIN box_hour ON box_hour.hour = start
   WHERE box >= :first_box
   GROUP BY box, weekday, hours.hour
), wanted AS (
  SELECT box, weekday, hour,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(drawn_kwh, 0)::double precision AS drawn_kwh,
         coalesce(charging_s / seconds, 0)::double precision AS mean_outlets_charging
    FROM events FULL JOIN used USING (box, weekday, hour) LEFT JOIN past USING (weekday, hour)
), differing AS (
  -- Where something is not as it should be: the only rows that are touched, of very many.
  SELECT box, weekday, hour, wanted.charging_events, wanted.drawn_kwh, wanted.mean_outlets_charging
    FROM wanted
    FULL JOIN (SELECT * FROM charging_pattern WHERE month = :from_day) AS kept USING (box, weekday, hour)
   WHERE (wanted.charging_events, wanted.drawn_kwh, wanted.mean_outlets_charging)
         IS DISTINCT FROM (kept.charging_events, kept.drawn_kwh, kept.mean_outlets_charging)
), removed AS (
  DELETE FROM charging_pattern AS kept USING differing
   WHERE kept.month = :from_day AND differing.charging_events IS NULL
     AND (kept.box, kept.weekday, kept.hour) = (differing.box, differing.weekday, differing.hour)
), written AS (
  INSERT INTO charging_pattern AS kept
         (box, month, weekday, hour, charging_events, drawn_kwh, mean_outlets_charging)
  SELECT box, :from_day, weekday, hour, charging_events, drawn_kwh, mean_outlets_charging
    FROM differing
   WHERE charging_events IS NOT NULL
      ON CONFLICT (month, box, weekday, hour) DO UPDATE
     SET charging_events = excluded.charging_events,
         drawn_kwh = excluded.drawn_kwh,
         mean_outlets_charging = excluded.mean_outlets_charging
)
SELECT count(*)::integer AS rows, NULL AS "changedFrom", NULL AS "changedTo" FROM wanted
