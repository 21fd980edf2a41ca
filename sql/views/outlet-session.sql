-- The metered sessions of each outlet beside what was billed for them: one row a session. What one transaction bills for
-- several sessions stands in the row of each.
CREATE OR REPLACE VIEW outlet_session AS
SELECT session.box, session.outlet, session.start_time, session.end_time,
       session.metered_kwh, session.peak_power_w, session.mean_power_factor,
       event.id AS transaction_id, event.kwh::double precision AS billed_kwh, event.revenue::double precision AS revenue,
       CASE WHEN session.end_time IS NULL THEN 'charging'
            WHEN session.abandoned THEN 'abandoned'
            WHEN session.recovered THEN 'recovered'
            ELSE 'complete' END AS state
  FROM charging_session AS session
  LEFT JOIN charging_event AS event ON event.id = session.transaction_id;
