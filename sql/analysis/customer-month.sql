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
         trim_scale(sum(revenue)) AS revenue,
         min(first_event) AS first_event,
         max(last_event) AS last_event,
         (array_agg(box ORDER BY events DESC, box))[1] AS favourite_box,
         sum(kwh) / sum(events) AS kwh_an_event
    FROM boxes
   GROUP BY customer
), before AS (
  SELECT customer,
         count(*) FILTER (WHERE day >= (:from_day - interval '1 month')::date) AS last_month_events
    FROM charging_event
   WHERE day >= (:from_day - make_interval(months => :inactive_months))::date AND day < :from_day AND customer <> 0
   GROUP BY customer
), ever AS (
  -- Of those who may be new, who had charging events longer ago.
  SELECT customer
    FROM (SELECT customer FROM active EXCEPT SELECT customer FROM before) AS unknown
   CROSS JOIN LATERAL (SELECT FROM charging_event
                        WHERE charging_event.customer = unknown.customer AND day < :from_day LIMIT 1) AS earlier
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
              WHEN before.customer IS NOT NULL OR ever.customer IS NOT NULL THEN 'returning'
              ELSE 'new' END AS state
    FROM active FULL JOIN before USING (customer) LEFT JOIN ever USING (customer)
   WHERE :from_time <= :now OR charging_events > 0
), kept AS (
  SELECT ctid AS place, * FROM customer_month WHERE month = :from_day
), differing AS (
  SELECT wanted.*, place FROM wanted FULL JOIN kept ON kept.customer = wanted.customer
   WHERE (wanted.customer, wanted.charging_events, wanted.billed_kwh, wanted.revenue, wanted.first_event, wanted.last_event,
          wanted.favourite_box, wanted.frequency, wanted.energy, wanted.state)
         IS DISTINCT FROM
         (kept.customer, kept.charging_events, kept.billed_kwh, kept.revenue, kept.first_event, kept.last_event,
          kept.favourite_box, kept.frequency, kept.energy, kept.state)
), removed AS (
  DELETE FROM customer_month WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE customer IS NULL))
), written AS (
  INSERT INTO customer_month
         (customer, month, charging_events, billed_kwh, revenue, first_event, last_event, favourite_box, frequency,
          energy, state)
  SELECT customer, month, charging_events, billed_kwh, revenue, first_event, last_event, favourite_box, frequency,
         energy, state
    FROM differing
   WHERE customer IS NOT NULL
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
