-- LOYAL_CUSTOMERS with the name of each customer, and nothing else about the person.
CREATE OR REPLACE VIEW named_loyal_customer AS
SELECT month, rank, customer, name, charging_events, billed_kwh, revenue::double precision AS revenue, weeks_in_a_row, loyal_since
  FROM loyal_customers
  LEFT JOIN eboost_user ON id = customer;
