-- Fills BOX_HOUR for the business days from :from_day to before :to_day: energy and power by the staged photographs, time
-- and number of outlets charging by CHARGING_SESSION. An increase is spread evenly over the time since the register was
-- known before, at most 24 hours. Power lasts until the next photograph, at most :abandoned_after.
WITH bounds AS (
  SELECT :from_day::timestamp AT TIME ZONE :time_zone AS from_time,
         least(:now, :to_day::timestamp AT TIME ZONE :time_zone) AS to_time
), increases AS (
  SELECT box, drawn_kwh, greatest(drawn_since, at - interval '24 hours') AS from_time, at AS to_time
    FROM photograph_in_order
   WHERE drawn_kwh > 0
), power_steps AS (
  SELECT box, at, power_w::numeric AS step FROM photograph_in_order WHERE power_w > 0
   UNION ALL
  SELECT box, least(until, at + :abandoned_after), -power_w::numeric
    FROM photograph_in_order WHERE power_w > 0
), outlet_steps AS (
  SELECT box, start_time AS at, 1 AS step, end_time FROM charging_session, bounds
   WHERE start_time < to_time AND (start_time > from_time - interval '31 days' OR end_time IS NULL)
     AND coalesce(end_time, to_time) > from_time
), session_steps AS (
  SELECT box, at, step FROM outlet_steps
   UNION ALL
  SELECT box, coalesce(end_time, to_time), -step FROM outlet_steps, bounds
), levels AS (
  SELECT box, sum(step) OVER boxes AS power_w, NULL::bigint AS charging, at AS from_time, lead(at) OVER boxes AS to_time
    FROM power_steps WINDOW boxes AS (PARTITION BY box ORDER BY at)
   UNION ALL
  SELECT box, NULL, sum(step) OVER boxes, at, lead(at) OVER boxes
    FROM session_steps WINDOW boxes AS (PARTITION BY box ORDER BY at)
), increase_hours AS (
  SELECT box, drawn_kwh, from_time, to_time,
         generate_series(date_trunc('hour', greatest(from_time, (SELECT from_time FROM bounds)), :time_zone), to_time,
                         interval '1 hour') AS hour
    FROM increases
   WHERE to_time > (SELECT from_time FROM bounds)
), level_hours AS (
  SELECT box, power_w, charging, from_time, to_time,
         generate_series(date_trunc('hour', from_time, :time_zone), to_time, interval '1 hour') AS hour
    FROM (SELECT box, power_w, charging, greatest(levels.from_time, bounds.from_time) AS from_time,
                 least(levels.to_time, bounds.to_time) AS to_time
            FROM levels, bounds
           WHERE (power_w > 0 OR charging > 0) AND levels.to_time > bounds.from_time) AS level
), parts AS (
  SELECT box, hour, NULL::numeric AS power_w, NULL::bigint AS charging, NULL::numeric AS charging_s,
         (drawn_kwh * extract(epoch FROM least(to_time, hour + interval '1 hour') - greatest(from_time, hour))
            / extract(epoch FROM to_time - from_time))::numeric AS drawn_kwh
    FROM increase_hours
   WHERE hour < to_time AND hour < (SELECT to_time FROM bounds)
   UNION ALL
  SELECT box, hour, power_w, charging,
         charging * extract(epoch FROM least(to_time, hour + interval '1 hour') - greatest(from_time, hour)), NULL
    FROM level_hours
   WHERE hour < to_time AND from_time < to_time
), wanted AS (
  SELECT box, hour,
         coalesce(sum(drawn_kwh), 0)::double precision AS drawn_kwh,
         coalesce(sum(charging_s), 0)::double precision AS charging_s,
         coalesce(max(charging), 0)::smallint AS most_charging,
         coalesce(max(power_w), 0)::double precision AS peak_power_w
    FROM parts
   GROUP BY box, hour
), removed AS (
  DELETE FROM box_hour AS kept USING bounds
   WHERE kept.hour >= from_time AND kept.hour < :to_day::timestamp AT TIME ZONE :time_zone
     AND NOT EXISTS (SELECT FROM wanted WHERE (wanted.box, wanted.hour) = (kept.box, kept.hour))
  RETURNING kept.hour
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT box, hour, drawn_kwh, charging_s, most_charging, peak_power_w
    FROM box_hour, bounds
   WHERE hour >= from_time AND hour < to_time
), written AS (
  INSERT INTO box_hour AS kept (box, hour, drawn_kwh, charging_s, most_charging, peak_power_w)
  SELECT * FROM differing
      ON CONFLICT (hour, box) DO UPDATE
     SET drawn_kwh = excluded.drawn_kwh,
         charging_s = excluded.charging_s,
         most_charging = excluded.most_charging,
         peak_power_w = excluded.peak_power_w
  RETURNING kept.hour
), changed AS (
  SELECT (hour AT TIME ZONE :time_zone)::date AS day FROM removed
   UNION ALL
  SELECT (hour AT TIME ZONE :time_zone)::date FROM written
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(day)::text AS "changedFrom", (max(day) + 1)::text AS "changedTo"
  FROM changed
