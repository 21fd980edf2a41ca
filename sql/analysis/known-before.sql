-- Stages what was known of each outlet shortly before the month of :from_day, as the run over the months before has left it.
INSERT INTO photograph (box, outlet, at, status, energy_kwh)
WITH known AS (
  SELECT * FROM outlet_month_end
   WHERE month = (SELECT max(month) FROM outlet_month_end WHERE month < date_trunc('month', :from_day::timestamp))
)
SELECT box, outlet, status_at, status, NULL FROM known WHERE status IS NOT NULL
 UNION ALL
SELECT box, outlet, energy_at, NULL, energy_kwh FROM known WHERE energy_kwh IS NOT NULL
