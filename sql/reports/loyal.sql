-- The loyal customers of a month by their rank.
SELECT rank, customer::text, name, charging_events AS events, billed_kwh AS "billedKwh", revenue::double precision AS revenue,
       weeks_in_a_row AS "weeksInARow", loyal_since::text AS "loyalSince"
  FROM loyal_customers
  LEFT JOIN eboost_user ON id = customer
 WHERE month = :month
 ORDER BY rank
