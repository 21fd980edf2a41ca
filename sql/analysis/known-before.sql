-- Stages what the photographs had told before the business day :from_day of each outlet that there are staged ones of. Of outlets
-- with a reopened session that began before it, photographs are read from its start on instead.
INSERT INTO photograph (box, outlet, at, status, energy_kwh)
WITH known AS (
  -- Looked up one outlet at a time: of a new day there are no statistics, and a plan for one row would compare all with all.
  SELECT known.*
    FROM (SELECT DISTINCT box, outlet FROM photograph) AS staged
   CROSS JOIN LATERAL (
         SELECT * FROM outlet_known
          WHERE day = :from_day AND (box, outlet) = (staged.box, staged.outlet)
          LIMIT 1) AS known
   WHERE (staged.box, staged.outlet) NOT IN (SELECT box, outlet FROM reopened_session WHERE start_time < :from_time)
)
SELECT box, outlet, status_at, status, NULL FROM known WHERE status IS NOT NULL
 UNION ALL
SELECT box, outlet, energy_at, NULL, energy_kwh FROM known WHERE energy_kwh IS NOT NULL
