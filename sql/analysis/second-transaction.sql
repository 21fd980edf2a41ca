-- Marks the transactions that are second ones over a metered session, of those that touch the business days from :from_day
-- to before :to_day, or the day before or after: no session is matched to them, but one that they overlap is matched to
-- another transaction, which they overlap for more than half of their own time.
WITH span AS (
  SELECT ctid AS place, id, box, outlet, start_time, end_time, problem, is_second,
         (SELECT true FROM charging_session WHERE transaction_id = judged_transaction.id LIMIT 1) AS is_matched
    FROM judged_transaction
   WHERE day >= :from_day - 32 AND day < :to_day + 1
     AND (day >= :from_day - 1 OR end_time >= (:from_day - 1)::timestamp AT TIME ZONE :time_zone)
), wanted AS (
  SELECT place, is_second AS was_second,
         problem IS NULL AND end_time > start_time AND is_matched IS NULL
           AND EXISTS (
               SELECT FROM charging_session AS sessions JOIN judged_transaction AS first ON first.id = sessions.transaction_id
                WHERE (sessions.box, sessions.outlet) = (span.box, span.outlet)
                  AND sessions.start_time < span.end_time AND sessions.start_time > span.start_time - interval '31 days'
                  AND coalesce(sessions.end_time, sessions.last_photograph) > span.start_time
                  AND first.id <> span.id
                  AND least(first.end_time, span.end_time) - greatest(first.start_time, span.start_time)
                      > (span.end_time - span.start_time) / 2) AS is_second
    FROM span
), written AS (
  UPDATE judged_transaction AS kept SET is_second = wanted.is_second
    FROM wanted
   WHERE kept.ctid = place AND wanted.is_second <> was_second
  RETURNING kept.day
)
SELECT (SELECT count(*) FROM wanted)::integer AS rows,
       min(day)::text AS "changedFrom", (max(day) + 1)::text AS "changedTo"
  FROM written
