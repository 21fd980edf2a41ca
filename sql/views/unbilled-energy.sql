-- Energy that was drawn and that no charging event bills: metered sessions without one, and energy outside of any session.
-- Up to RECONCILIATION_TOLERANCE_KWH it is not worth a row.
CREATE OR REPLACE VIEW unbilled_energy AS
SELECT kind, box, outlet, day, start_time, end_time, unbilled_kwh
  FROM (SELECT 'session' AS kind, box, outlet, day, start_time, end_time, metered_kwh AS unbilled_kwh
          FROM charging_session
         WHERE end_time IS NOT NULL
           AND NOT EXISTS (SELECT FROM charging_event WHERE charging_event.id = charging_session.transaction_id)
         UNION ALL
        SELECT 'outside session', box, outlet, day, NULL, NULL, drawn_kwh FROM energy_outside_session) AS energy
 WHERE unbilled_kwh > (SELECT coalesce(max(value), '0')::double precision FROM analysis_setting
                        WHERE name = 'reconciliation_tolerance_kwh');
