-- Fills CHARGING_EVENT_DAY for the business days [$2, $3) in the time zone $1: a row for each box and day with a
-- charging event or drawn energy. Idempotent; rows that no longer qualify are removed. Gives the number of rows.
WITH billed AS (
  SELECT substring(box_unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box,
         (start_time AT TIME ZONE $1)::date AS day,
         user_id, wattage_consumed, total_fee, activation_fee, discount_amount
    FROM eboost_transaction
   WHERE status
     AND start_time >= $2::date::timestamp AT TIME ZONE $1
     AND start_time < $3::date::timestamp AT TIME ZONE $1
     AND box_unique_id ~ '^Ebox_[1-9][0-9]{1,8}$' -- numbers below 10 are test boxes
     AND (wattage_consumed > 0.005 OR (wattage_consumed > 0.001 AND total_fee > 0))
), events AS (
  SELECT box, day,
         count(*)::integer AS charging_events,
         count(DISTINCT user_id)::integer AS customers,
         sum(wattage_consumed)::double precision AS billed_kwh,
         coalesce(sum(total_fee), 0) AS revenue,
         coalesce(sum(activation_fee), 0) AS activation_fee,
         coalesce(sum(discount_amount), 0) AS discount
    FROM billed
   GROUP BY box, day
), drawn AS (
  SELECT box, day, drawn_kwh
    FROM drawn_energy_day
   WHERE day >= $2::date AND day < $3::date AND drawn_kwh > 0 AND box >= 10
), wanted AS (
  SELECT box, day,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(customers, 0) AS customers,
         coalesce(billed_kwh, 0) AS billed_kwh,
         drawn_kwh,
         coalesce(revenue, 0) AS revenue,
         coalesce(activation_fee, 0) AS activation_fee,
         coalesce(discount, 0) AS discount
    FROM events FULL JOIN drawn USING (box, day)
), removed AS (
  DELETE FROM charging_event_day AS old
   WHERE old.day >= $2::date AND old.day < $3::date
     AND NOT EXISTS (SELECT FROM wanted WHERE wanted.box = old.box AND wanted.day = old.day)
), written AS (
  INSERT INTO charging_event_day
         (box, day, charging_events, customers, billed_kwh, drawn_kwh, revenue, activation_fee, discount)
  SELECT box, day, charging_events, customers, billed_kwh, drawn_kwh, revenue, activation_fee, discount FROM wanted
      ON CONFLICT (box, day) DO UPDATE
     SET charging_events = excluded.charging_events,
         customers = excluded.customers,
         billed_kwh = excluded.billed_kwh,
         drawn_kwh = excluded.drawn_kwh,
         revenue = excluded.revenue,
         activation_fee = excluded.activation_fee,
         discount = excluded.discount
)
SELECT count(*)::integer AS rows FROM wanted;
