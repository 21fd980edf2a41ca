-- Charging events that no metered session is matched to: billed, but never seen by a box.
CREATE OR REPLACE VIEW unmetered_transactions AS
SELECT event.id AS transaction_id, event.box, event.outlet, event.customer, event.day, event.start_time, event.end_time,
       event.kwh::double precision AS billed_kwh, event.revenue
  FROM charging_event AS event
 WHERE NOT EXISTS (SELECT FROM charging_session WHERE charging_session.transaction_id = event.id);
