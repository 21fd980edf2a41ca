-- Billed energy of the whole fleet by business day; its time is the day's first instant in the session's time zone.
CREATE OR REPLACE VIEW energy_by_day AS
SELECT day, sum(billed_kwh) AS billed_kwh, sum(revenue) AS revenue, sum(charging_events) AS charging_events
  FROM charging_event_day
 GROUP BY day;
