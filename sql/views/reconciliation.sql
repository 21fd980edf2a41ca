-- Each charging event beside what the boxes metered for it. They agree within RECONCILIATION_TOLERANCE_KWH, or within
-- RECONCILIATION_TOLERANCE_SHARE of what was billed.
CREATE OR REPLACE VIEW reconciliation AS
SELECT event.id AS transaction_id, event.box, event.outlet, event.customer, event.day, event.start_time, event.end_time,
       metered.sessions,
       event.kwh::double precision AS billed_kwh,
       metered.metered_kwh,
       metered.metered_kwh - event.kwh::double precision AS metered_minus_billed_kwh,
       CASE WHEN metered.sessions = 0 THEN 'not metered'
            WHEN abs(metered.metered_kwh - event.kwh::double precision) <= greatest(tolerance.kwh, tolerance.share * event.kwh::double precision) THEN 'agrees'
            WHEN metered.metered_kwh > event.kwh::double precision THEN 'billed too little'
            ELSE 'billed too much' END AS verdict
  FROM charging_event AS event
 CROSS JOIN LATERAL (
       SELECT count(*)::integer AS sessions, sum(metered_kwh::numeric)::double precision AS metered_kwh
         FROM charging_session WHERE charging_session.transaction_id = event.id) AS metered
 CROSS JOIN (
       SELECT coalesce(max(value) FILTER (WHERE name = 'reconciliation_tolerance_kwh'), '0')::double precision AS kwh,
              coalesce(max(value) FILTER (WHERE name = 'reconciliation_tolerance_share'), '0')::double precision AS share
         FROM analysis_setting
        WHERE name IN ('reconciliation_tolerance_kwh', 'reconciliation_tolerance_share')) AS tolerance;
