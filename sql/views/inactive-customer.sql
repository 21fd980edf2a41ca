-- Customers who are inactive in a month: when they charged last, how many months ago that was, and what they did in that
-- month.
CREATE OR REPLACE VIEW inactive_customer AS
SELECT away.month, away.customer, name, last.day AS last_day,
       (12 * extract(year FROM age(away.month, date_trunc('month', last.day::timestamp)))
          + extract(month FROM age(away.month, date_trunc('month', last.day::timestamp))))::integer AS months_away,
       active.charging_events AS last_month_events,
       active.revenue::double precision AS last_month_revenue
  FROM customer_month AS away
  LEFT JOIN eboost_user ON id = away.customer
 CROSS JOIN LATERAL (
       SELECT day FROM charging_event AS event
        WHERE event.customer = away.customer AND event.day < away.month
        ORDER BY day DESC LIMIT 1) AS last
  LEFT JOIN customer_month AS active
         ON active.customer = away.customer AND active.month = date_trunc('month', last.day::timestamp)::date
 WHERE away.state = 'inactive';
