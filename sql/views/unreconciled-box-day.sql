-- The boxes and business days whose charging events, taken together, bill other energy than was metered for them, and by how
-- much more than RECONCILIATION_TOLERANCE_KWH, or RECONCILIATION_TOLERANCE_SHARE of what was billed, allow.
CREATE OR REPLACE VIEW unreconciled_box_day AS
SELECT box, day, charging_events, disagreeing, billed_kwh, metered_kwh,
       abs(metered_kwh - billed_kwh) - greatest(tolerance.kwh, tolerance.share * billed_kwh) AS beyond_tolerance_kwh
  FROM (SELECT box, day, count(*) AS charging_events,
               count(*) FILTER (WHERE verdict <> 'agrees') AS disagreeing,
               sum(billed_kwh) AS billed_kwh, sum(coalesce(metered_kwh, 0)) AS metered_kwh
          FROM reconciliation GROUP BY box, day) AS days
 CROSS JOIN (
       SELECT coalesce(max(value) FILTER (WHERE name = 'reconciliation_tolerance_kwh'), '0')::double precision AS kwh,
              coalesce(max(value) FILTER (WHERE name = 'reconciliation_tolerance_share'), '0')::double precision AS share
         FROM analysis_setting) AS tolerance
 WHERE abs(metered_kwh - billed_kwh) > greatest(tolerance.kwh, tolerance.share * billed_kwh);
