-- The totals of a month, and of the month before: a row each, the month first.
WITH chosen AS (
  SELECT substring(unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box, district FROM eboost_box
), months AS (
  SELECT :month AS month UNION ALL SELECT (:month - interval '1 month')::date
)
SELECT months.month::text,
       coalesce(sum(charging_events), 0)::integer AS events,
       coalesce(sum(billed_kwh::numeric), 0)::double precision AS "billedKwh",
       coalesce(sum(metered_kwh::numeric), 0)::double precision AS "meteredKwh",
       coalesce(sum(revenue), 0)::double precision AS revenue,
       coalesce(sum(activation_fee), 0)::double precision AS "activationFee",
       coalesce(sum(discount), 0)::double precision AS discount,
       coalesce(sum(charging_minutes::numeric) / 60, 0)::double precision AS "chargingHours",
       (SELECT count(DISTINCT customer)::integer FROM charging_event AS event
         WHERE event.day >= months.month AND event.day < months.month + interval '1 month'
           AND (:box IS NULL OR event.box = :box)
           AND (:district IS NULL OR event.box IN (SELECT box FROM chosen WHERE district = :district))) AS customers
  FROM months
  LEFT JOIN charging_event_day ON day >= months.month AND day < months.month + interval '1 month'
       AND (:box IS NULL OR charging_event_day.box = :box)
       AND (:district IS NULL OR charging_event_day.box IN (SELECT box FROM chosen WHERE district = :district))
 GROUP BY months.month
 ORDER BY months.month DESC
