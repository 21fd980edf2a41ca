-- Fills CHARGING_EVENT_WEEK for the ISO weeks from :from_day to before :to_day, by CHARGING_EVENT_DAY. Customers are counted
-- anew, since one may come on several days. A week without a row counts as nothing.
WITH weeks AS (
  SELECT box, day - (extract(isodow FROM day)::integer - 1) AS week,
         sum(charging_events)::integer AS charging_events,
         sum(billed_kwh::numeric) AS billed_kwh,
         sum(metered_kwh::numeric) AS metered_kwh,
         sum(drawn_kwh::numeric) AS drawn_kwh,
         trim_scale(sum(revenue)) AS revenue,
         trim_scale(sum(activation_fee)) AS activation_fee,
         trim_scale(sum(discount)) AS discount,
         sum(charging_minutes::numeric) AS charging_minutes,
         max(peak_power_w) AS peak_power_w,
         max(most_charging) AS most_charging
    FROM charging_event_day
   WHERE day >= :from_day - 7 AND day < :to_day
   GROUP BY 1, 2
), events AS (
  SELECT box, day - (extract(isodow FROM day)::integer - 1) AS week, count(DISTINCT customer)::integer AS customers
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
         trim_scale(weeks.revenue - coalesce(before.revenue, 0)) AS revenue_change
    FROM weeks
    LEFT JOIN weeks AS before ON before.box = weeks.box AND before.week = weeks.week - 7
    LEFT JOIN events ON events.box = weeks.box AND events.week = weeks.week
   WHERE weeks.week >= :from_day
), kept AS (
  SELECT ctid AS place, * FROM charging_event_week WHERE week >= :from_day AND week < :to_day
), differing AS (
  SELECT wanted.*, place FROM wanted FULL JOIN kept ON (kept.box, kept.week) = (wanted.box, wanted.week)
   WHERE (wanted.box, wanted.charging_events, wanted.customers, wanted.billed_kwh, wanted.metered_kwh,
          wanted.metered_minus_billed_kwh, wanted.drawn_kwh, wanted.revenue, wanted.activation_fee, wanted.discount,
          wanted.charging_minutes, wanted.peak_power_w, wanted.most_charging, wanted.charging_events_change,
          wanted.billed_kwh_change, wanted.metered_kwh_change, wanted.revenue_change)
         IS DISTINCT FROM
         (kept.box, kept.charging_events, kept.customers, kept.billed_kwh, kept.metered_kwh,
          kept.metered_minus_billed_kwh, kept.drawn_kwh, kept.revenue, kept.activation_fee, kept.discount,
          kept.charging_minutes, kept.peak_power_w, kept.most_charging, kept.charging_events_change,
          kept.billed_kwh_change, kept.metered_kwh_change, kept.revenue_change)
), removed AS (
  DELETE FROM charging_event_week WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE box IS NULL))
), written AS (
  INSERT INTO charging_event_week
         (box, week, charging_events, customers, billed_kwh, metered_kwh, metered_minus_billed_kwh, drawn_kwh, revenue,
          activation_fee, discount, charging_minutes, peak_power_w, most_charging, charging_events_change,
          billed_kwh_change, metered_kwh_change, revenue_change)
  SELECT box, week, charging_events, customers, billed_kwh, metered_kwh, metered_minus_billed_kwh, drawn_kwh, revenue,
         activation_fee, discount, charging_minutes, peak_power_w, most_charging, charging_events_change,
         billed_kwh_change, metered_kwh_change, revenue_change
    FROM differing
   WHERE box IS NOT NULL
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
)
SELECT count(*)::integer AS rows, NULL AS "changedFrom", NULL AS "changedTo" FROM wanted
