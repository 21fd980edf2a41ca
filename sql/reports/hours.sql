-- The hours of the day over a month, a row an hour, also such without anything.
SELECT hour, coalesce(sum(charging_events), 0)::integer AS events,
       coalesce(sum(drawn_kwh::numeric), 0)::double precision AS "drawnKwh"
  FROM generate_series(0, 23) AS hour
  LEFT JOIN (
       SELECT * FROM charging_pattern
        WHERE month = :month AND (:box IS NULL OR box = :box)
          AND (:district IS NULL OR EXISTS (SELECT FROM eboost_box WHERE unique_id = 'Ebox_' || box AND district = :district))
       ) AS pattern USING (hour)
 GROUP BY hour
 ORDER BY hour
