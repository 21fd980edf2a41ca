-- Fills CHARGING_PATTERN for the month from :from_day to before :to_day: a row for each box, weekday and hour of the day in
-- which something was billed or metered. The mean is over all these hours that are past, also those in which nobody charged.
WITH bounds AS (
  SELECT :from_day::timestamp AT TIME ZONE :time_zone AS from_time,
         least(:now, :to_day::timestamp AT TIME ZONE :time_zone) AS to_time
), past AS (
  SELECT extract(isodow FROM start AT TIME ZONE :time_zone)::smallint AS weekday,
         extract(hour FROM start AT TIME ZONE :time_zone)::smallint AS hour,
         sum(extract(epoch FROM least(start + interval '1 hour', to_time) - start)) AS seconds
    FROM bounds, generate_series(from_time, to_time, interval '1 hour') AS start
   WHERE start < to_time
   GROUP BY 1, 2
), events AS (
  SELECT box, extract(isodow FROM start_time AT TIME ZONE :time_zone)::smallint AS weekday,
         extract(hour FROM start_time AT TIME ZONE :time_zone)::smallint AS hour,
         count(*)::integer AS charging_events
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY 1, 2, 3
), hours AS (
  SELECT box, extract(isodow FROM box_hour.hour AT TIME ZONE :time_zone)::smallint AS weekday,
         extract(hour FROM box_hour.hour AT TIME ZONE :time_zone)::smallint AS hour,
         sum(drawn_kwh::numeric) AS drawn_kwh,
         sum(charging_s::numeric) AS charging_s
    FROM box_hour, bounds
   WHERE box_hour.hour >= from_time AND box_hour.hour < to_time AND box >= :first_box
   GROUP BY 1, 2, 3
), wanted AS (
  SELECT box, :from_day AS month, weekday, hour,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(drawn_kwh, 0)::double precision AS drawn_kwh,
         coalesce(charging_s / seconds, 0)::double precision AS mean_outlets_charging
    FROM events FULL JOIN hours USING (box, weekday, hour) LEFT JOIN past USING (weekday, hour)
), removed AS (
  DELETE FROM charging_pattern AS kept
   WHERE kept.month = :from_day
     AND NOT EXISTS (SELECT FROM wanted
                      WHERE (wanted.box, wanted.weekday, wanted.hour) = (kept.box, kept.weekday, kept.hour))
), written AS (
  INSERT INTO charging_pattern AS kept
         (box, month, weekday, hour, charging_events, drawn_kwh, mean_outlets_charging)
  SELECT * FROM wanted
      ON CONFLICT (month, box, weekday, hour) DO UPDATE
     SET charging_events = excluded.charging_events,
         drawn_kwh = excluded.drawn_kwh,
         mean_outlets_charging = excluded.mean_outlets_charging
   WHERE (kept.*) IS DISTINCT FROM (excluded.*)
)
SELECT count(*)::integer AS rows, NULL AS "changedFrom", NULL AS "changedTo" FROM wanted
