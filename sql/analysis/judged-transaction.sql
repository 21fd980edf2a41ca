-- Fills JUDGED_TRANSACTION for the business days from :from_day to before :to_day: transactions that are closed, of boxes
-- from :first_box on (lower numbers are test boxes) and of enough energy, with the first thing that is wrong with each.
WITH bounds AS (
  SELECT :from_day::timestamp AT TIME ZONE :time_zone AS from_time,
         :to_day::timestamp AT TIME ZONE :time_zone AS to_time
), closed AS (
  SELECT *,
         substring(box_unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box,
         CASE WHEN outlet_unique_id LIKE box_unique_id || '\__' THEN substring(outlet_unique_id FROM '_([0-9])$')::smallint
         END AS outlet
    FROM eboost_transaction, bounds
   WHERE status
     AND (start_time >= from_time AND start_time < to_time
          OR start_time IS NULL AND updated_at >= from_time AND updated_at < to_time)
     AND (wattage_consumed > :event_min_kwh OR (wattage_consumed > :event_min_paid_kwh AND total_fee > 0))
), wanted AS (
  SELECT id, box, outlet, user_id AS customer, start_time, end_time,
         (coalesce(start_time, updated_at) AT TIME ZONE :time_zone)::date AS day,
         wattage_consumed AS kwh,
         coalesce(total_fee, 0) AS revenue,
         coalesce(total_consumed_fee, 0) AS consumed_fee,
         coalesce(activation_fee, 0) AS activation_fee,
         coalesce(discount_amount, 0) AS discount,
         CASE WHEN start_time IS NULL THEN 'no start'
              WHEN start_time < '2000-01-01Z' OR start_time > updated_at + interval '1 day' THEN 'impossible start'
              WHEN end_time < start_time THEN 'ends before it starts'
              WHEN end_time > start_time + interval '31 days' THEN 'impossible end'
              WHEN user_id IS NULL THEN 'no customer'
              WHEN NOT EXISTS (SELECT FROM eboost_box WHERE unique_id = box_unique_id) THEN 'unknown box'
              WHEN total_fee < 0 OR total_consumed_fee < 0 OR activation_fee < 0 OR discount_amount < 0 THEN 'negative fee'
              WHEN 'NaN' IN (wattage_consumed, total_fee, total_consumed_fee, activation_fee, discount_amount)
                   THEN 'not a number'
         END AS problem
    FROM closed
   WHERE box IS NULL OR box >= :first_box
), removed AS (
  DELETE FROM judged_transaction AS kept
   WHERE kept.day >= :from_day AND kept.day < :to_day
     AND NOT EXISTS (SELECT FROM wanted WHERE wanted.id = kept.id)
  RETURNING kept.day, kept.end_time
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount, problem
    FROM judged_transaction
   WHERE day >= :from_day AND day < :to_day
), written AS (
  INSERT INTO judged_transaction AS kept
         (id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount, problem)
  SELECT * FROM differing
      ON CONFLICT (id) DO UPDATE
     SET box = excluded.box,
         outlet = excluded.outlet,
         customer = excluded.customer,
         start_time = excluded.start_time,
         end_time = excluded.end_time,
         day = excluded.day,
         kwh = excluded.kwh,
         revenue = excluded.revenue,
         consumed_fee = excluded.consumed_fee,
         activation_fee = excluded.activation_fee,
         discount = excluded.discount,
         problem = excluded.problem
  RETURNING kept.id, kept.day, kept.end_time
), changed AS (
  SELECT day, end_time FROM removed
   UNION ALL
  SELECT day, end_time FROM written
   UNION ALL
  -- The day that it was of before.
  SELECT before.day, before.end_time FROM judged_transaction AS before JOIN written USING (id)
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(day)::text AS "changedFrom",
       -- With the days that they last into: what overlaps them is matched again.
       (max(greatest(day, least(day + 31, (end_time AT TIME ZONE :time_zone)::date))) + 1)::text AS "changedTo"
  FROM changed
