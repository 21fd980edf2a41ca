-- From which business day on the sessions are to be built again where photographs from :from_day on have changed: the day
-- before, since an increase is spread over the 24 hours before it, or the one on which a session began that reaches into it.
SELECT least(:from_day - 1, min((start_time AT TIME ZONE :time_zone)::date))::text AS "fromDay"
  FROM charging_session
 WHERE start_time >= (:from_day - 31)::timestamp AT TIME ZONE :time_zone
   AND start_time < :from_day::timestamp AT TIME ZONE :time_zone
   AND (end_time IS NULL
        OR end_time >= :from_day::timestamp AT TIME ZONE :time_zone - :merge_gap
        OR abandoned AND end_time >= :from_day::timestamp AT TIME ZONE :time_zone - :abandoned_after)
