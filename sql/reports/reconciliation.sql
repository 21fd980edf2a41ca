-- How what was billed in a month agrees with what was metered: a row a verdict.
SELECT verdict, count(*)::integer AS events, sum(billed_kwh::numeric)::double precision AS "billedKwh",
       coalesce(sum(metered_kwh::numeric), 0)::double precision AS "meteredKwh"
  FROM reconciliation
 WHERE day >= :month AND day < :month + interval '1 month'
   AND (:box IS NULL OR box = :box)
   AND (:district IS NULL OR EXISTS (SELECT FROM eboost_box WHERE unique_id = 'Ebox_' || box AND district = :district))
 GROUP BY verdict
 ORDER BY count(*) DESC, verdict
