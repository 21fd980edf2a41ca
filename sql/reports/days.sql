-- The business days of a month, a row a day, also such without anything.
SELECT calendar.day::date::text AS day,
       coalesce(sum(charging_events), 0)::integer AS events,
       coalesce(sum(billed_kwh::numeric), 0)::double precision AS "billedKwh",
       coalesce(sum(metered_kwh::numeric), 0)::double precision AS "meteredKwh",
       coalesce(sum(revenue), 0)::double precision AS revenue
  FROM generate_series(:month::timestamp, :month + interval '1 month' - interval '1 day', interval '1 day') AS calendar (day)
  LEFT JOIN charging_event_day AS days ON days.day = calendar.day
       AND (:box IS NULL OR box = :box)
       AND (:district IS NULL OR EXISTS (SELECT FROM eboost_box WHERE unique_id = 'Ebox_' || box AND district = :district))
 GROUP BY calendar.day
 ORDER BY calendar.day
