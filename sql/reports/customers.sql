-- The customers of a month by what they do: a row a state. Of the whole fleet: a customer belongs to no box.
SELECT state, count(*)::integer AS customers, sum(charging_events)::integer AS events, sum(revenue)::double precision AS revenue
  FROM customer_month
 WHERE month = :month
 GROUP BY state
 ORDER BY array_position('{new,returning,steady,halved,inactive}', state)
