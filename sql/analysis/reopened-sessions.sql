-- Stages the sessions that began before the business day :from_day - 1, but that photographs from :from_day on may still change:
-- they go on, were left no longer than :merge_gap before it, or were abandoned no longer than :abandoned_after before it.
-- Gives the outlets, each with the start of the first of them.
WITH staged AS (
  INSERT INTO reopened_session
  SELECT box, outlet, start_time
    FROM charging_session
   WHERE start_time < (:from_day - 1)::timestamp AT TIME ZONE :time_zone
     AND (end_time IS NULL
          OR end_time >= :from_time - :merge_gap
          OR abandoned AND end_time >= :from_time - :abandoned_after)
  RETURNING box, outlet, start_time
)
SELECT box, outlet, (extract(epoch FROM min(start_time)) * 1000)::double precision AS "startMs"
  FROM staged
 GROUP BY box, outlet
