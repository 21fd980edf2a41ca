-- Charging events of each box by the hour in which they start; day is the business day of the hour.
CREATE OR REPLACE VIEW event_hour AS
SELECT box, day, date_trunc('hour', start_time, zone.name) AS hour,
       count(*)::integer AS charging_events, sum(revenue)::double precision AS revenue
  FROM charging_event
 CROSS JOIN (SELECT coalesce(max(value), 'UTC') AS name FROM analysis_setting WHERE name = 'time_zone') AS zone
 GROUP BY box, day, date_trunc('hour', start_time, zone.name);
