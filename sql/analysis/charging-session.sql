-- Fills CHARGING_SESSION with the sessions that start on the business days from :from_day to before :to_day, and the reopened
-- ones, as the staged photographs tell them. Energy is what the register grew by after the first photograph, up to the one that ends it.
-- Photographs are staged up to a day after these days. What may go on after that is left as it is kept, if that went on: where
-- photographs have changed, the days after these are due as well, and build it again from its start.
WITH spans AS (
  SELECT box, outlet, session,
         min(at) AS start_time,
         max(at) FILTER (WHERE status = 2) AS last_photograph,
         max(at) FILTER (WHERE is_left) AS left_at
    FROM photograph_in_order
   WHERE session > 0
   GROUP BY box, outlet, session
), ended AS (
  SELECT *,
         left_at IS NOT NULL AND left_at > last_photograph AS was_left,
         least(:now, :to_time + interval '24 hours') - last_photograph > :abandoned_after AS was_silent
    FROM spans
   WHERE start_time >= :from_time AND start_time < :to_time
      OR (box, outlet, start_time) IN (SELECT box, outlet, start_time FROM reopened_session)
), sessions AS (
  SELECT *,
         CASE WHEN was_left THEN left_at WHEN was_silent THEN last_photograph END AS end_time,
         was_silent AND NOT was_left AS abandoned
    FROM ended
), wanted AS (
  SELECT box, outlet, start_time, end_time, last_photograph,
         (start_time AT TIME ZONE :time_zone)::date AS day,
         coalesce(sum(drawn_kwh::numeric) FILTER (WHERE at > start_time), 0)::double precision AS metered_kwh,
         max(power_w) FILTER (WHERE photographs.status = 2) AS peak_power_w,
         coalesce(sum(power_factor::numeric * holds_s) FILTER (WHERE photographs.status = 2)
                    / nullif(sum(holds_s) FILTER (WHERE photographs.status = 2 AND power_factor IS NOT NULL), 0),
                  avg(power_factor::numeric) FILTER (WHERE photographs.status = 2))::double precision AS mean_power_factor,
         coalesce(bool_or(backlog), false)
           OR EXISTS (SELECT FROM unobserved_time
                       WHERE from_time < coalesce(end_time, last_photograph) AND to_time > start_time) AS recovered,
         abandoned
    FROM sessions
    JOIN photograph_in_order AS photographs USING (box, outlet, session)
   CROSS JOIN LATERAL (
         SELECT extract(epoch FROM least(coalesce(until, at), coalesce(end_time, until, at)) - at) AS holds_s) AS holding
   WHERE at <= coalesce(end_time, at)
   GROUP BY box, outlet, start_time, end_time, last_photograph, abandoned
), kept AS (
  SELECT ctid AS place, * FROM charging_session WHERE start_time >= :from_time AND start_time < :to_time
   UNION ALL
  SELECT charging_session.ctid, charging_session.* FROM reopened_session JOIN charging_session USING (box, outlet, start_time)
), differing AS (
  SELECT wanted.*, place, kept.day AS kept_day, coalesce(kept.end_time, kept.last_photograph) AS kept_until
    FROM wanted
    FULL JOIN kept ON (kept.box, kept.outlet, kept.start_time) = (wanted.box, wanted.outlet, wanted.start_time)
   WHERE (wanted.box, wanted.end_time, wanted.last_photograph, wanted.day, wanted.metered_kwh, wanted.peak_power_w,
          wanted.mean_power_factor, wanted.recovered, wanted.abandoned)
         IS DISTINCT FROM
         (kept.box, kept.end_time, kept.last_photograph, kept.day, kept.metered_kwh, kept.peak_power_w,
          kept.mean_power_factor, kept.recovered, kept.abandoned)
     AND (:now <= :to_time + interval '24 hours'
          OR wanted.box IS NULL OR kept.box IS NULL
          OR wanted.abandoned OR wanted.end_time < :to_time + interval '24 hours' - :merge_gap
          OR kept.end_time < :to_time + interval '24 hours' - CASE WHEN kept.abandoned THEN :abandoned_after ELSE :merge_gap END)
), removed AS (
  DELETE FROM charging_session WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE box IS NULL))
), written AS (
  INSERT INTO charging_session
         (box, outlet, start_time, end_time, last_photograph, day, metered_kwh, peak_power_w, mean_power_factor,
          recovered, abandoned)
  SELECT box, outlet, start_time, end_time, last_photograph, day, metered_kwh, peak_power_w, mean_power_factor,
         recovered, abandoned
    FROM differing
   WHERE box IS NOT NULL
      ON CONFLICT (box, outlet, start_time) DO UPDATE
     SET end_time = excluded.end_time,
         last_photograph = excluded.last_photograph,
         day = excluded.day,
         metered_kwh = excluded.metered_kwh,
         peak_power_w = excluded.peak_power_w,
         mean_power_factor = excluded.mean_power_factor,
         recovered = excluded.recovered,
         abandoned = excluded.abandoned
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(coalesce(day, kept_day))::text AS "changedFrom",
       ((max(greatest(coalesce(end_time, last_photograph), kept_until)) AT TIME ZONE :time_zone)::date + 1)::text AS "changedTo"
  FROM differing
