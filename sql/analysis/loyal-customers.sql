-- Fills LOYAL_CUSTOMERS for the month from :from_day to before :to_day: customers with :loyal_min_events charging events in it,
-- and at least one in each of the :loyal_min_weeks ISO weeks that ended last before its end, or before :now if that is earlier.
-- Since when a customer is loyal goes on from the row of the month before. Customer 0 is all who are forgotten: of them there
-- is none.
WITH bounds AS (
  SELECT date_trunc('week', least(:now AT TIME ZONE :time_zone, :to_day::timestamp))::date - 7 AS last_week
), frequent AS (
  SELECT customer,
         count(*)::integer AS charging_events,
         sum(kwh)::double precision AS billed_kwh,
         trim_scale(sum(revenue)) AS revenue
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day AND customer <> 0
   GROUP BY customer
  HAVING count(*) >= :loyal_min_events
), weeks AS (
  SELECT customer,
         (last_week - week) / 7 AS weeks_ago,
         row_number() OVER (PARTITION BY customer ORDER BY week DESC) - 1 AS position
    FROM bounds
   CROSS JOIN (SELECT DISTINCT customer, day - (extract(isodow FROM day)::integer - 1) AS week
                 FROM frequent JOIN charging_event USING (customer)) AS active
   WHERE week <= last_week
), unbroken AS (
  -- Only while nothing is missing are both numbers the same.
  SELECT customer, count(*)::integer AS weeks_in_a_row FROM weeks WHERE weeks_ago = position GROUP BY customer
), wanted AS (
  SELECT customer, :from_day AS month, charging_events, billed_kwh, frequent.revenue, weeks_in_a_row,
         coalesce(before.loyal_since, :from_day) AS loyal_since,
         row_number() OVER (ORDER BY frequent.revenue DESC, customer)::integer AS rank
    FROM frequent JOIN unbroken USING (customer)
    LEFT JOIN (SELECT customer, loyal_since FROM loyal_customers
                WHERE month = (:from_day - interval '1 month')::date) AS before USING (customer)
   WHERE weeks_in_a_row >= :loyal_min_weeks
), kept AS (
  SELECT ctid AS place, * FROM loyal_customers WHERE month = :from_day
), differing AS (
  SELECT wanted.*, place FROM wanted FULL JOIN kept ON kept.customer = wanted.customer
   WHERE (wanted.customer, wanted.charging_events, wanted.billed_kwh, wanted.revenue, wanted.weeks_in_a_row,
          wanted.loyal_since, wanted.rank)
         IS DISTINCT FROM
         (kept.customer, kept.charging_events, kept.billed_kwh, kept.revenue, kept.weeks_in_a_row,
          kept.loyal_since, kept.rank)
), removed AS (
  DELETE FROM loyal_customers WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE customer IS NULL))
), written AS (
  INSERT INTO loyal_customers
         (customer, month, charging_events, billed_kwh, revenue, weeks_in_a_row, loyal_since, rank)
  SELECT customer, month, charging_events, billed_kwh, revenue, weeks_in_a_row, loyal_since, rank
    FROM differing
   WHERE customer IS NOT NULL
      ON CONFLICT (customer, month) DO UPDATE
     SET charging_events = excluded.charging_events,
         billed_kwh = excluded.billed_kwh,
         revenue = excluded.revenue,
         weeks_in_a_row = excluded.weeks_in_a_row,
         loyal_since = excluded.loyal_since,
         rank = excluded.rank
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       CASE WHEN count(*) > 0 THEN :from_day::text END AS "changedFrom",
       CASE WHEN count(*) > 0 THEN :to_day::text END AS "changedTo"
  FROM differing
