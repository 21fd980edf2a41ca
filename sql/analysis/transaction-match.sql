-- Matches each metered session that touches the business days from :from_day to before :to_day to the transaction of its
-- outlet that overlaps it most (the lower number of two). No transaction lasts longer than 31 days, and sessions that do are
-- not looked for.
WITH sessions AS (
  SELECT ctid AS place, box, outlet, start_time, coalesce(end_time, last_photograph) AS end_time, transaction_id
    FROM charging_session
   WHERE start_time < :to_time AND start_time > :from_time - interval '31 days'
     AND (end_time >= :from_time OR end_time IS NULL AND last_photograph >= :from_time)
), best AS (
  SELECT sessions.place, sessions.transaction_id, candidate.id AS best_id
    FROM sessions
    LEFT JOIN LATERAL (
         SELECT id FROM judged_transaction
          WHERE (judged_transaction.box, judged_transaction.outlet) = (sessions.box, sessions.outlet)
            AND judged_transaction.start_time < sessions.end_time
            AND judged_transaction.start_time > sessions.start_time - interval '31 days'
            AND judged_transaction.end_time > sessions.start_time
            AND judged_transaction.end_time > judged_transaction.start_time AND problem IS NULL
          ORDER BY least(judged_transaction.end_time, sessions.end_time)
                     - greatest(judged_transaction.start_time, sessions.start_time) DESC,
                   id
          LIMIT 1) AS candidate ON true
), matched AS (
  UPDATE charging_session SET transaction_id = best_id
    FROM best
   WHERE charging_session.ctid = place AND best_id IS DISTINCT FROM best.transaction_id
  RETURNING day
)
SELECT (SELECT count(*) FROM best)::integer AS rows,
       min(day)::text AS "changedFrom", (max(day) + 1)::text AS "changedTo"
  FROM matched
