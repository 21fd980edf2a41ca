-- How many customers each month has of each state and segment, and what they did in it.
CREATE OR REPLACE VIEW customer_group AS
SELECT month, state, frequency, energy,
       count(*)::integer AS customers,
       sum(charging_events)::integer AS charging_events,
       sum(billed_kwh::numeric)::double precision AS billed_kwh,
       sum(revenue)::double precision AS revenue
  FROM customer_month
 GROUP BY month, state, frequency, energy;
