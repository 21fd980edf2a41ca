-- CUSTOMER_MONTH with the name of each customer, and nothing else about the person.
CREATE OR REPLACE VIEW named_customer_month AS
SELECT month, customer, name, state, frequency, energy, charging_events, billed_kwh, revenue::double precision AS revenue,
       first_event, last_event, favourite_box
  FROM customer_month
  LEFT JOIN eboost_user ON id = customer;
