-- Fills CHARGING_EVENT_WEEK for the ISO weeks from :from_day to before :to_day, by CHARGING_EVENT_DAY. Customers are counted
-- anew, since one may come on several days. A week without a row counts as nothing.
WITH weeks AS (
  SELECT box, date_trunc('week', day::timestamp)::date AS week,
         sum(charging_events)::integer AS charging_events,
         sum(billed_kwh::numeric) AS billed_kwh,
         sum(metered_kwh::numeric) AS metered_kwh,
         sum(drawn_kwh::numeric) AS drawn_kwh,
         sum(revenue) AS revenue,
         sum(activation_fee) AS activation_fee,
         sum(discount) AS discount,
         sum(charging_minutes::numeric) AS charging_minutes,
         max(peak_power_w) AS peak_power_w,
         max(most_charging) AS most_charging
    FROM charging_event_day
   WHERE day >= :from_day - 7 AND day < :to_day
   GROUP BY 1, 2
), events AS (
  SELECT box, date_trunc('week', day::timestamp)::date AS week, count(DISTINCT customer)::integer AS customers
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY 1, 2
), wanted AS (
  SELECT weeks.box, weeks.week, weeks.charging_events,
         coalesce(events.customers, 0) AS customers,
         weeks.billed_kwh::double precision AS billed_kwh,
         weeks.metered_kwh::double precision AS metered_kwh,
         (weeks.metered_kwh - weeks.billed_kwh)::double precision AS metered_minus_billed_kwh,
         weeks.drawn_kwh::double precision AS drawn_kwh,
         weeks.revenue, weeks.activation_fee, weeks.discount,
         weeks.charging_minutes::double precision AS charging_minutes,
         weeks.peak_power_w, weeks.most_charging,
         weeks.charging_events - coalesce(before.charging_events, 0) AS charging_events_change,
         (weeks.billed_kwh - coalesce(before.billed_kwh, 0))::double precision AS billed_kwh_change,
         (weeks.metered_kwh - coalesce(before.metered_kwh, 0))::double precision AS metered_kwh_change,
         weeks.revenue - coalesce(before.revenue, 0) AS revenue_change
    FROM weeks
    LEFT JOIN weeks AS before ON before.box = weeks.box AND before.week = weeks.week - 7
    LEFT JOIN events ON events.box = weeks.box AND events.week = weeks.week
   WHERE weeks.week >= :from_day
), removed AS (
  DELETE FROM charging_event_week AS kept
   WHERE kept.week >= :from_day AND kept.week < :to_day
     AND NOT EXISTS (SELECT FROM wanted WHERE (wanted.box, wanted.week) = (kept.box, kept.week))
  RETURNING kept.week
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT box, week, charging_events, customers, billed_kwh, metered_kwh, metered_minus_billed_kwh, drawn_kwh, revenue,
          activation_fee, discount, charging_minutes, peak_power_w, most_charging, charging_events_change,
          billed_kwh_change, metered_kwh_change, revenue_change
    FROM charging_event_week
   WHERE week >= :from_day AND week < :to_day
), written AS (
  INSERT INTO charging_event_week AS kept
         (box, week, charging_events, customers, billed_kwh, metered_kwh, metered_minus_billed_kwh, drawn_kwh, revenue,
          activation_fee, discount, charging_minutes, peak_power_w, most_charging, charging_events_change,
          billed_kwh_change, metered_kwh_change, revenue_change)
  SELECT * FROM differing
      ON CONFLICT (box, week) DO UPDATE
     SET charging_events = excluded.charging_events,
         customers = excluded.customers,
         billed_kwh = excluded.billed_kwh,
         metered_kwh = excluded.metered_kwh,
         metered_minus_billed_kwh = excluded.metered_minus_billed_kwh,
         drawn_kwh = excluded.drawn_kwh,
         revenue = excluded.revenue,
         activation_fee = excluded.activation_fee,
         discount = excluded.discount,
         charging_minutes = excluded.charging_minutes,
         peak_power_w = excluded.peak_power_w,
         most_charging = excluded.most_charging,
         charging_events_change = excluded.charging_events_change,
         billed_kwh_change = excluded.billed_kwh_change,
         metered_kwh_change = excluded.metered_kwh_change,
         revenue_change = excluded.revenue_change
  RETURNING kept.week
), changed AS (
  SELECT week FROM removed UNION ALL SELECT week FROM written
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(week)::text AS "changedFrom", (max(week) + 7)::text AS "changedTo"
  FROM changed
