-- Each job of the ledger: how it is, how its last run went, and how many runs it has missed. They are due each hour, but for
-- the comparison with Eboost and the backup (each day) and the rehearsal (each week); one that fails is tried again. One that
-- was never done counts from when the database was made.
CREATE OR REPLACE VIEW job_state AS
SELECT job,
       CASE WHEN open.failed > 0 THEN 'failed' WHEN open.running > 0 THEN 'running'
            WHEN open.periods > 0 THEN 'due' ELSE 'done' END AS state,
       last_done_at,
       last_run.started_at AS last_run_at,
       extract(epoch FROM last_run.finished_at - last_run.started_at)::double precision AS last_duration_s,
       open.periods AS periods_open,
       open.failed_in_a_row,
       open.error,
       greatest(open.failed_in_a_row,
                (extract(epoch FROM now() - coalesce(last_done_at, (SELECT applied_at FROM migration WHERE name = '0001-charging-event-day')))
                 / extract(epoch FROM every) - 1)::double precision, 0) AS runs_missed
  FROM (SELECT job,
               CASE WHEN job = 'rehearsal' THEN interval '7 days'
                    WHEN job IN ('backup', 'eboost-comparison') THEN interval '1 day'
                    ELSE interval '1 hour' END AS every,
               -- A first attempt that is under way leaves the end of the run before it, which ended well.
               max(finished_at) FILTER (WHERE attempts = 0 OR attempts = 1 AND state = 'running') AS last_done_at,
               max(from_day) AS last_day
          FROM job_run GROUP BY job) AS jobs
  LEFT JOIN LATERAL (
       SELECT started_at, CASE WHEN finished_at >= started_at THEN finished_at END AS finished_at
         FROM job_run WHERE job_run.job = jobs.job AND started_at IS NOT NULL
        ORDER BY started_at DESC LIMIT 1) AS last_run ON true
 CROSS JOIN LATERAL (
       SELECT count(*) AS periods,
              count(*) FILTER (WHERE state = 'failed') AS failed,
              count(*) FILTER (WHERE state = 'running') AS running,
              coalesce(max(attempts) FILTER (WHERE state = 'failed'), 0) AS failed_in_a_row,
              (array_agg(error ORDER BY started_at DESC) FILTER (WHERE state = 'failed'))[1] AS error
         FROM job_run
        WHERE job_run.job = jobs.job AND state <> 'done'
              -- A comparison that failed is made up for by that of the next day.
          AND (job_run.job <> 'eboost-comparison' OR from_day = jobs.last_day)) AS open;
