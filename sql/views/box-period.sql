-- What each box has earned and delivered in each business day, ISO week and month (unit: day, week or month), each beginning
-- on the day first_day. Dashboards add up the boxes that they are asked for.
CREATE OR REPLACE VIEW box_period AS
SELECT 'day' AS unit, box, day AS first_day, to_char(day, 'YYYY-MM-DD') AS period,
       charging_events, billed_kwh, metered_kwh, drawn_kwh,
       revenue::double precision AS revenue, activation_fee::double precision AS activation_fee,
       discount::double precision AS discount
  FROM charging_event_day
 UNION ALL
SELECT 'week', box, week, to_char(week, 'IYYY-"W"IW'),
       charging_events, billed_kwh, metered_kwh, drawn_kwh,
       revenue::double precision, activation_fee::double precision, discount::double precision
  FROM charging_event_week
 UNION ALL
SELECT 'month', analysis.box, month, to_char(month, 'YYYY-MM'),
       analysis.charging_events, analysis.billed_kwh, energy.metered_kwh, energy.drawn_kwh,
       analysis.revenue::double precision, analysis.activation_fee::double precision, analysis.discount::double precision
  FROM charging_box_analysis AS analysis
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(days.metered_kwh::numeric), 0)::double precision AS metered_kwh,
              sum(days.drawn_kwh::numeric)::double precision AS drawn_kwh
         FROM charging_event_day AS days
        WHERE days.box = analysis.box AND days.day >= month AND days.day < month + interval '1 month') AS energy;
