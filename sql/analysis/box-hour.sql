-- Fills BOX_HOUR for the business days from :from_day to before :to_day: energy and power by the staged photographs, time
-- and number of outlets charging by CHARGING_SESSION. An increase is spread evenly over the time since the register was
-- known before, at most 24 hours. Power lasts until the next photograph, at most :abandoned_after.
WITH increases AS (
  SELECT box, drawn_kwh, greatest(drawn_since, at - interval '24 hours') AS from_time, at AS to_time
    FROM photograph_in_order
   WHERE drawn_kwh > 0 AND at > :from_time
), power_steps AS (
  SELECT box, at, power_w::numeric AS step FROM photograph_in_order WHERE power_w > 0
   UNION ALL
  SELECT box, least(until, at + :abandoned_after), -power_w::numeric
    FROM photograph_in_order WHERE power_w > 0
), outlet_steps AS (
  SELECT box, start_time AS at, 1 AS step, end_time FROM charging_session
   WHERE start_time < least(:now, :to_time) AND start_time > :from_time - interval '31 days' AND end_time > :from_time
   UNION ALL
  SELECT box, start_time, 1, end_time FROM charging_session
   WHERE start_time < least(:now, :to_time) AND end_time IS NULL
), session_steps AS (
  SELECT box, at, step FROM outlet_steps
   UNION ALL
  SELECT box, coalesce(end_time, least(:now, :to_time)), -step FROM outlet_steps
), levels AS (
  SELECT box, sum(step) OVER boxes AS power_w, NULL::bigint AS charging, at AS from_time, lead(at) OVER boxes AS to_time
    FROM power_steps WINDOW boxes AS (PARTITION BY box ORDER BY at)
   UNION ALL
  SELECT box, NULL, sum(step) OVER boxes, at, lead(at) OVER boxes
    FROM session_steps WINDOW boxes AS (PARTITION BY box ORDER BY at)
), increase_hours AS (
  SELECT box, drawn_kwh, from_time, to_time,
         generate_series(date_trunc('hour', greatest(from_time, :from_time), :time_zone), to_time, interval '1 hour') AS hour
    FROM increases
), level_hours AS (
  SELECT box, power_w, charging, from_time, to_time,
         generate_series(date_trunc('hour', from_time, :time_zone), to_time, interval '1 hour') AS hour
    FROM (SELECT box, power_w, charging, greatest(from_time, :from_time) AS from_time,
                 least(to_time, :now, :to_time) AS to_time
            FROM levels
           WHERE (power_w > 0 OR charging > 0) AND to_time > :from_time) AS level
), parts AS (
  SELECT box, hour, NULL::numeric AS power_w, NULL::bigint AS charging, NULL::numeric AS charging_ms,
         (drawn_kwh * extract(epoch FROM least(to_time, hour + interval '1 hour') - greatest(from_time, hour))
            / extract(epoch FROM to_time - from_time))::numeric AS drawn_kwh
    FROM increase_hours
   WHERE hour < to_time AND hour < least(:now, :to_time)
   UNION ALL
  SELECT box, hour, power_w, charging,
         charging * extract(epoch FROM least(to_time, hour + interval '1 hour') - greatest(from_time, hour)) * 1000, NULL
    FROM level_hours
   WHERE hour < to_time AND from_time < to_time
), wanted AS (
  SELECT box, hour,
         trim_scale(coalesce(sum(drawn_kwh), 0)) AS drawn_kwh,
         coalesce(sum(charging_ms), 0)::integer AS charging_ms,
         coalesce(max(charging), 0)::smallint AS most_charging,
         coalesce(max(power_w), 0)::double precision AS peak_power_w
    FROM parts
   GROUP BY box, hour
), kept AS (
  SELECT ctid AS place, * FROM box_hour WHERE hour >= :from_time AND hour < :to_time
), differing AS (
  SELECT wanted.*, place, kept.hour AS kept_hour
    FROM wanted FULL JOIN kept ON (kept.box, kept.hour) = (wanted.box, wanted.hour)
   WHERE (wanted.box, wanted.drawn_kwh, wanted.charging_ms, wanted.most_charging, wanted.peak_power_w)
         IS DISTINCT FROM (kept.box, kept.drawn_kwh, kept.charging_ms, kept.most_charging, kept.peak_power_w)
), removed AS (
  DELETE FROM box_hour WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE box IS NULL))
), written AS (
  -- In the order in which they are read.
  INSERT INTO box_hour (box, hour, drawn_kwh, charging_ms, most_charging, peak_power_w)
  SELECT box, hour, drawn_kwh, charging_ms, most_charging, peak_power_w
    FROM differing
   WHERE box IS NOT NULL
   ORDER BY hour, box
      ON CONFLICT (hour, box) DO UPDATE
     SET drawn_kwh = excluded.drawn_kwh,
         charging_ms = excluded.charging_ms,
         most_charging = excluded.most_charging,
         peak_power_w = excluded.peak_power_w
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       (min(coalesce(hour, kept_hour)) AT TIME ZONE :time_zone)::date::text AS "changedFrom",
       ((max(coalesce(hour, kept_hour)) AT TIME ZONE :time_zone)::date + 1)::text AS "changedTo"
  FROM differing
