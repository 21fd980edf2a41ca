-- Matches each metered session that touches the business days from :from_day to before :to_day to the transaction of its
-- outlet that overlaps it most (the lower number of two). No transaction lasts longer than 31 days, and sessions that do are
-- not looked for.
WITH bounds AS (
  SELECT :from_day::timestamp AT TIME ZONE :time_zone AS from_time,
         :to_day::timestamp AT TIME ZONE :time_zone AS to_time
), candidate AS (
  SELECT * FROM judged_transaction, bounds
   WHERE problem IS NULL AND end_time > start_time
     AND day >= :from_day - 63 AND day < :to_day + 32
), sessions AS (
  SELECT box, outlet, start_time, coalesce(end_time, last_photograph) AS end_time, transaction_id
    FROM charging_session, bounds
   WHERE start_time < to_time AND start_time > from_time - interval '31 days'
     AND coalesce(end_time, last_photograph) >= from_time
), best AS (
  SELECT DISTINCT ON (sessions.box, sessions.outlet, sessions.start_time)
         sessions.box, sessions.outlet, sessions.start_time, candidate.id AS transaction_id
    FROM sessions
    LEFT JOIN candidate ON (candidate.box, candidate.outlet) = (sessions.box, sessions.outlet)
         AND candidate.start_time < sessions.end_time AND candidate.end_time > sessions.start_time
   ORDER BY sessions.box, sessions.outlet, sessions.start_time,
         least(candidate.end_time, sessions.end_time) - greatest(candidate.start_time, sessions.start_time) DESC NULLS LAST,
         candidate.id
), matched AS (
  UPDATE charging_session AS kept SET transaction_id = best.transaction_id
    FROM best
   WHERE (best.box, best.outlet, best.start_time) = (kept.box, kept.outlet, kept.start_time)
     AND best.transaction_id IS DISTINCT FROM kept.transaction_id
  RETURNING kept.day
)
SELECT (SELECT count(*) FROM best)::integer AS rows,
       min(day)::text AS "changedFrom", (max(day) + 1)::text AS "changedTo"
  FROM matched
