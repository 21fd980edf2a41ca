-- Fills JUDGED_TRANSACTION for the business days from :from_day to before :to_day: transactions that are closed, of boxes
-- from :first_box on (lower numbers are test boxes) and of enough energy, with the first thing that is wrong with each.
WITH closed AS (
  SELECT id, box_unique_id, outlet_unique_id, user_id, start_time, end_time, updated_at, wattage_consumed, total_fee,
         total_consumed_fee, activation_fee, discount_amount
    FROM eboost_transaction
   WHERE status
     AND (start_time >= :from_time AND start_time < :to_time
          OR start_time IS NULL AND updated_at >= :from_time AND updated_at < :to_time)
     AND (wattage_consumed > :event_min_kwh OR (wattage_consumed > :event_min_paid_kwh AND total_fee > 0))
), boxes AS (
  -- Each name is read once.
  SELECT box_unique_id, substring(box_unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box,
         EXISTS (SELECT FROM eboost_box WHERE unique_id = box_unique_id) AS is_known
    FROM (SELECT DISTINCT box_unique_id FROM closed) AS names
), wanted AS (
  SELECT id, box,
         CASE WHEN left(outlet_unique_id, -1) = box_unique_id || '_'
                   AND strpos('0123456789', right(outlet_unique_id, 1)) > 0
              THEN right(outlet_unique_id, 1)::smallint END AS outlet,
         user_id AS customer, start_time, end_time,
         (coalesce(start_time, updated_at) AT TIME ZONE :time_zone)::date AS day,
         trim_scale(wattage_consumed) AS kwh,
         trim_scale(coalesce(total_fee, 0)) AS revenue,
         trim_scale(coalesce(total_consumed_fee, 0)) AS consumed_fee,
         trim_scale(coalesce(activation_fee, 0)) AS activation_fee,
         trim_scale(coalesce(discount_amount, 0)) AS discount,
         CASE WHEN start_time IS NULL THEN 'no start'
              WHEN start_time < '2000-01-01Z' OR start_time > updated_at + interval '1 day' THEN 'impossible start'
              WHEN end_time < start_time THEN 'ends before it starts'
              WHEN end_time > start_time + interval '31 days' THEN 'impossible end'
              WHEN user_id IS NULL THEN 'no customer'
              WHEN is_known IS NOT TRUE THEN 'unknown box'
              WHEN total_fee < 0 OR total_consumed_fee < 0 OR activation_fee < 0 OR discount_amount < 0 THEN 'negative fee'
              WHEN 'NaN' IN (wattage_consumed, total_fee, total_consumed_fee, activation_fee, discount_amount)
                   THEN 'not a number'
         END AS problem
    FROM closed LEFT JOIN boxes USING (box_unique_id)
   WHERE box IS NULL OR box >= :first_box
), kept AS (
  SELECT ctid AS place, * FROM judged_transaction WHERE day >= :from_day AND day < :to_day
), differing AS (
  SELECT wanted.*, place FROM wanted FULL JOIN kept ON kept.id = wanted.id
   WHERE (wanted.id, wanted.box, wanted.outlet, wanted.customer, wanted.start_time, wanted.end_time, wanted.day,
          wanted.kwh, wanted.revenue, wanted.consumed_fee, wanted.activation_fee, wanted.discount, wanted.problem)
         IS DISTINCT FROM
         (kept.id, kept.box, kept.outlet, kept.customer, kept.start_time, kept.end_time, kept.day,
          kept.kwh, kept.revenue, kept.consumed_fee, kept.activation_fee, kept.discount, kept.problem)
), removed AS (
  -- The days once more: a run over other days may just have moved the row there.
  DELETE FROM judged_transaction
   WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE id IS NULL)) AND day >= :from_day AND day < :to_day
  RETURNING day, end_time
), written AS (
  INSERT INTO judged_transaction
         (id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount, problem)
  SELECT id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount, problem
    FROM differing
   WHERE id IS NOT NULL
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
  RETURNING id, day, end_time
), changed AS (
  SELECT day, end_time FROM removed
   UNION ALL
  SELECT day, end_time FROM written
   UNION ALL
  -- The day that it was of before.
  SELECT day, end_time FROM judged_transaction WHERE id = ANY (ARRAY(SELECT id FROM written))
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(day)::text AS "changedFrom",
       -- With the days that they last into: what overlaps them is matched again.
       (max(greatest(day, least(day + 31, (end_time AT TIME ZONE :time_zone)::date))) + 1)::text AS "changedTo"
  FROM changed
