-- Where photographs from the business day :from_day on have changed, sessions are built again from the day before on, since an
-- increase is spread over the 24 hours before it. Photographs are read from the last day on for which it is known what had been
-- told of each outlet before it; without one, from the first day of all.
SELECT (:from_day - 1)::text AS "fromDay",
       least(:from_day - 1, coalesce((SELECT max(day) FROM outlet_known WHERE day < :from_day),
                                     (SELECT min(from_day) FROM job_run WHERE job = 'charging-session')))::text AS "knownDay"
