-- Fills CHARGING_EVENT_DAY for the business days from :from_day to before :to_day: a row for each box and day on which
-- something was billed or metered.
WITH events AS (
  SELECT box, day,
         count(*)::integer AS charging_events,
         count(DISTINCT customer)::integer AS customers,
         sum(kwh)::double precision AS billed_kwh,
         sum(revenue) AS revenue,
         sum(activation_fee) AS activation_fee,
         sum(discount) AS discount
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY box, day
), sessions AS (
  SELECT box, day, sum(metered_kwh::numeric)::double precision AS metered_kwh
    FROM charging_session
   WHERE day >= :from_day AND day < :to_day AND box >= :first_box
   GROUP BY box, day
), hours AS (
  SELECT box, (hour AT TIME ZONE :time_zone)::date AS day,
         nullif(sum(drawn_kwh::numeric), 0)::double precision AS drawn_kwh,
         (sum(charging_s::numeric) / 60)::double precision AS charging_minutes,
         nullif(max(peak_power_w), 0) AS peak_power_w,
         max(most_charging) AS most_charging
    FROM box_hour
   WHERE hour >= :from_day::timestamp AT TIME ZONE :time_zone AND hour < :to_day::timestamp AT TIME ZONE :time_zone
     AND box >= :first_box
   GROUP BY 1, 2
), wanted AS (
  SELECT box, day,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(customers, 0) AS customers,
         coalesce(billed_kwh, 0) AS billed_kwh,
         drawn_kwh,
         coalesce(revenue, 0) AS revenue,
         coalesce(activation_fee, 0) AS activation_fee,
         coalesce(discount, 0) AS discount,
         coalesce(metered_kwh, 0) AS metered_kwh,
         (coalesce(metered_kwh, 0)::numeric - coalesce(billed_kwh, 0)::numeric)::double precision AS metered_minus_billed_kwh,
         coalesce(charging_minutes, 0) AS charging_minutes,
         peak_power_w,
         coalesce(most_charging, 0::smallint) AS most_charging
    FROM events FULL JOIN sessions USING (box, day) FULL JOIN hours USING (box, day)
), removed AS (
  DELETE FROM charging_event_day AS kept
   WHERE kept.day >= :from_day AND kept.day < :to_day
     AND NOT EXISTS (SELECT FROM wanted WHERE (wanted.box, wanted.day) = (kept.box, kept.day))
  RETURNING kept.day
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT box, day, charging_events, customers, billed_kwh, drawn_kwh, revenue, activation_fee, discount, metered_kwh,
          metered_minus_billed_kwh, charging_minutes, peak_power_w, most_charging
    FROM charging_event_day
   WHERE day >= :from_day AND day < :to_day
), written AS (
  INSERT INTO charging_event_day AS kept
         (box, day, charging_events, customers, billed_kwh, drawn_kwh, revenue, activation_fee, discount, metered_kwh,
          metered_minus_billed_kwh, charging_minutes, peak_power_w, most_charging)
  SELECT * FROM differing
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
  RETURNING kept.day
), changed AS (
  SELECT day FROM removed UNION ALL SELECT day FROM written
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(day)::text AS "changedFrom", (max(day) + 1)::text AS "changedTo"
  FROM changed
