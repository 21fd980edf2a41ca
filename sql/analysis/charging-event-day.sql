-- Fills CHARGING_EVENT_DAY for the business days from :from_day to before :to_day: a row for each box and day on which
-- something was billed or metered.
WITH days AS (
  SELECT day::date AS day, day AT TIME ZONE :time_zone AS begins, (day + interval '1 day') AT TIME ZONE :time_zone AS ends
    FROM generate_series(:from_day::timestamp, :to_day - interval '1 day', interval '1 day') AS day
), events AS (
  SELECT box, day,
         count(*)::integer AS charging_events,
         count(DISTINCT customer)::integer AS customers,
         sum(kwh) AS billed_kwh,
         trim_scale(sum(revenue)) AS revenue,
         trim_scale(sum(activation_fee)) AS activation_fee,
         trim_scale(sum(discount)) AS discount
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY box, day
), sessions AS (
  SELECT box, day, sum(metered_kwh::numeric) AS metered_kwh
    FROM charging_session
   WHERE day >= :from_day AND day < :to_day AND box >= :first_box
   GROUP BY box, day
), hours AS (
  SELECT box, day,
         nullif(sum(drawn_kwh), 0)::double precision AS drawn_kwh,
         (sum(charging_ms) / 60000.0)::double precision AS charging_minutes,
         nullif(max(peak_power_w), 0) AS peak_power_w,
         max(most_charging) AS most_charging
    FROM days JOIN box_hour ON hour >= begins AND hour < ends
   WHERE box >= :first_box
   GROUP BY box, day
), wanted AS (
  SELECT box, day,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(customers, 0) AS customers,
         coalesce(billed_kwh, 0)::double precision AS billed_kwh,
         drawn_kwh,
         coalesce(revenue, 0) AS revenue,
         coalesce(activation_fee, 0) AS activation_fee,
         coalesce(discount, 0) AS discount,
         coalesce(metered_kwh, 0)::double precision AS metered_kwh,
         (coalesce(metered_kwh, 0) - coalesce(billed_kwh, 0))::double precision AS metered_minus_billed_kwh,
         coalesce(charging_minutes, 0) AS charging_minutes,
         peak_power_w,
         coalesce(most_charging, 0::smallint) AS most_charging
    FROM events FULL JOIN sessions USING (box, day) FULL JOIN hours USING (box, day)
), kept AS (
  SELECT ctid AS place, * FROM charging_event_day WHERE day >= :from_day AND day < :to_day
), differing AS (
  SELECT wanted.*, place, kept.day AS kept_day
    FROM wanted FULL JOIN kept ON (kept.box, kept.day) = (wanted.box, wanted.day)
   WHERE (wanted.box, wanted.charging_events, wanted.customers, wanted.billed_kwh, wanted.drawn_kwh, wanted.revenue,
          wanted.activation_fee, wanted.discount, wanted.metered_kwh, wanted.metered_minus_billed_kwh,
          wanted.charging_minutes, wanted.peak_power_w, wanted.most_charging)
         IS DISTINCT FROM
         (kept.box, kept.charging_events, kept.customers, kept.billed_kwh, kept.drawn_kwh, kept.revenue,
          kept.activation_fee, kept.discount, kept.metered_kwh, kept.metered_minus_billed_kwh,
          kept.charging_minutes, kept.peak_power_w, kept.most_charging)
), removed AS (
  DELETE FROM charging_event_day WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE box IS NULL))
), written AS (
  INSERT INTO charging_event_day
         (box, day, charging_events, customers, billed_kwh, drawn_kwh, revenue, activation_fee, discount, metered_kwh,
          metered_minus_billed_kwh, charging_minutes, peak_power_w, most_charging)
  SELECT box, day, charging_events, customers, billed_kwh, drawn_kwh, revenue, activation_fee, discount, metered_kwh,
         metered_minus_billed_kwh, charging_minutes, peak_power_w, most_charging
    FROM differing
   WHERE box IS NOT NULL
   ORDER BY day, box
      ON CONFLICT (box, day) DO UPDATE
     SET charging_events = excluded.charging_events,
         customers = excluded.customers,
         billed_kwh = excluded.billed_kwh,
         drawn_kwh = excluded.drawn_kwh,
         revenue = excluded.revenue,
         activation_fee = excluded.activation_fee,
         discount = excluded.discount,
         metered_kwh = excluded.metered_kwh,
         metered_minus_billed_kwh = excluded.metered_minus_billed_kwh,
         charging_minutes = excluded.charging_minutes,
         peak_power_w = excluded.peak_power_w,
         most_charging = excluded.most_charging
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(coalesce(day, kept_day))::text AS "changedFrom", (max(coalesce(day, kept_day)) + 1)::text AS "changedTo"
  FROM differing
