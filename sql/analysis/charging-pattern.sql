-- Fills CHARGING_PATTERN for the month that holds the days from :from_day to before :to_day, as far as these days bear on it:
-- their weekdays. A row for each box, weekday and hour of the day in which something was billed or metered. The mean is over
-- all these hours of the month that are past, also those in which nobody charged.
WITH month AS (
  SELECT first_day, first_day AT TIME ZONE :time_zone AS begins,
         least(:now, (first_day + interval '1 month') AT TIME ZONE :time_zone) AS until
    FROM date_trunc('month', :from_day::timestamp) AS first_day
), weekdays AS (
  SELECT DISTINCT extract(isodow FROM day)::smallint AS weekday
    FROM generate_series(:from_day::timestamp, least(:to_day - 1, :from_day + 6), interval '1 day') AS day
), hours AS (
  -- Each of these hours of the month that has begun, with how much of it is past.
  SELECT start, weekday, extract(hour FROM start AT TIME ZONE :time_zone)::smallint AS hour,
         extract(epoch FROM least(start + interval '1 hour', until) - start) * 1000 AS past_ms
    FROM month
   CROSS JOIN generate_series(begins, until, interval '1 hour') AS start
    JOIN weekdays ON weekday = extract(isodow FROM start AT TIME ZONE :time_zone)
   WHERE start < until
), past AS (
  SELECT weekday, hour, sum(past_ms)::double precision AS past_ms FROM hours GROUP BY weekday, hour
), uses AS (
  SELECT box, weekday, hours.hour, 0 AS events, drawn_kwh, charging_ms FROM hours JOIN box_hour ON box_hour.hour = start
   WHERE box >= :first_box
   UNION ALL
  SELECT box, extract(isodow FROM day)::smallint, extract(hour FROM start_time AT TIME ZONE :time_zone)::smallint, 1, NULL, NULL
    FROM charging_event
   WHERE day >= date_trunc('month', :from_day::timestamp)::date
     AND day < (date_trunc('month', :from_day::timestamp) + interval '1 month')::date
     AND extract(isodow FROM day) IN (SELECT weekday FROM weekdays)
), wanted AS (
  SELECT box, weekday, hour, charging_events,
         coalesce(drawn_kwh, 0)::double precision AS drawn_kwh,
         coalesce(charging_ms / past_ms, 0) AS mean_outlets_charging
    FROM (SELECT box, weekday, hour, sum(events)::integer AS charging_events, sum(drawn_kwh) AS drawn_kwh,
                 sum(charging_ms) AS charging_ms
            FROM uses
           GROUP BY box, weekday, hour) AS totals
    LEFT JOIN past USING (weekday, hour)
), kept AS (
  SELECT ctid AS place, * FROM charging_pattern
   WHERE month = date_trunc('month', :from_day::timestamp)::date AND weekday IN (SELECT weekday FROM weekdays)
), differing AS (
  SELECT wanted.*, place FROM wanted FULL JOIN kept USING (box, weekday, hour)
   WHERE (wanted.box, wanted.charging_events, wanted.drawn_kwh, wanted.mean_outlets_charging)
         IS DISTINCT FROM (kept.box, kept.charging_events, kept.drawn_kwh, kept.mean_outlets_charging)
), removed AS (
  DELETE FROM charging_pattern WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE charging_events IS NULL))
), written AS (
  INSERT INTO charging_pattern (box, month, weekday, hour, charging_events, drawn_kwh, mean_outlets_charging)
  SELECT box, first_day, weekday, hour, charging_events, drawn_kwh, mean_outlets_charging
    FROM differing, month
   WHERE charging_events IS NOT NULL
   ORDER BY box, weekday, hour
      ON CONFLICT (month, box, weekday, hour) DO UPDATE
     SET charging_events = excluded.charging_events,
         drawn_kwh = excluded.drawn_kwh,
         mean_outlets_charging = excluded.mean_outlets_charging
)
SELECT count(*)::integer AS rows, NULL AS "changedFrom", NULL AS "changedTo" FROM wanted
