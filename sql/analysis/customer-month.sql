-- Fills CUSTOMER_MONTH for the month from :from_day to before :to_day, once it has begun by :now: a row for each customer with
-- charging events in it, and a row of zeros for each without any who had some in the :inactive_months months before. Customer 0
-- is all who are forgotten: of them there is none.
WITH boxes AS (
  SELECT customer, box,
         count(*) AS events,
         sum(kwh) AS kwh,
         sum(revenue) AS revenue,
         min(start_time) AS first_event,
         max(start_time) AS last_event
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day AND customer <> 0
   GROUP BY customer, box
), active AS (
  SELECT customer,
         sum(events)::integer AS charging_events,
         sum(kwh)::double precision AS billed_kwh,
         sum(revenue) AS revenue,
         min(first_event) AS first_event,
         max(last_event) AS last_event,
         (array_agg(box ORDER BY events DESC, box))[1] AS favourite_box,
         sum(kwh) / sum(events) AS kwh_an_event
    FROM boxes
   GROUP BY customer
), before AS (
  SELECT customer,
         count(*) FILTER (WHERE day >= :from_day - interval '1 month') AS last_month_events
    FROM charging_event
   WHERE day >= :from_day - make_interval(months => :inactive_months) AND day < :from_day AND customer <> 0
   GROUP BY customer
), wanted AS (
  SELECT customer, :from_day AS month,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(billed_kwh, 0) AS billed_kwh,
         coalesce(revenue, 0) AS revenue,
         first_event, last_event, favourite_box,
         CASE WHEN charging_events >= :frequent_min_events THEN 'Frequent'
              WHEN charging_events >= :occasional_min_events THEN 'Occasional'
              ELSE 'Rare' END AS frequency,
         CASE WHEN kwh_an_event >= :high_energy_kwh THEN 'High' ELSE 'Low' END AS energy,
         CASE WHEN charging_events IS NULL THEN 'inactive'
              WHEN last_month_events > 0 AND charging_events <= :halved_share * last_month_events THEN 'halved'
              WHEN last_month_events > 0 THEN 'steady'
              WHEN before.customer IS NOT NULL
                OR EXISTS (SELECT FROM charging_event
                            WHERE charging_event.customer = active.customer AND day < :from_day) THEN 'returning'
              ELSE 'new' END AS state
    FROM active FULL JOIN before USING (customer)
   WHERE :from_day::timestamp AT TIME ZONE :time_zone <= :now OR charging_events > 0
), removed AS (
  DELETE FROM customer_month AS kept
   WHERE kept.month = :from_day AND NOT EXISTS (SELECT FROM wanted WHERE wanted.customer = kept.customer)
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT customer, month, charging_events, billed_kwh, revenue, first_event, last_event, favourite_box, frequency,
          energy, state
    FROM customer_month
   WHERE month = :from_day
), written AS (
  INSERT INTO customer_month AS kept
         (customer, month, charging_events, billed_kwh, revenue, first_event, last_event, favourite_box, frequency,
          energy, state)
  SELECT * FROM differing
      ON CONFLICT (customer, month) DO UPDATE
     SET charging_events = excluded.charging_events,
         billed_kwh = excluded.billed_kwh,
         revenue = excluded.revenue,
         first_event = excluded.first_event,
         last_event = excluded.last_event,
         favourite_box = excluded.favourite_box,
         frequency = excluded.frequency,
         energy = excluded.energy,
         state = excluded.state
)
SELECT count(*)::integer AS rows, NULL AS "changedFrom", NULL AS "changedTo" FROM wanted
