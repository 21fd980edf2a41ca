-- What has been computed of which period, and what is due: the ledger decides what a job does, the clock only wakes it.

-- The months (2026-10) or ISO weeks (2026-W41) that the days [from_day, to_day) touch.
CREATE FUNCTION periods_between(unit text, from_day date, to_day date)
  RETURNS TABLE (period text, first_day date, next_day date)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  BEGIN ATOMIC
    SELECT to_char(start, CASE unit WHEN 'week' THEN 'IYYY"-W"IW' ELSE 'YYYY-MM' END) AS period,
           start::date AS first_day,
           (start + ('1 ' || unit)::interval)::date AS next_day
      FROM generate_series(date_trunc(unit, from_day::timestamp), to_day::timestamp - interval '1 day',
                           ('1 ' || unit)::interval) AS start;
  END;
COMMENT ON FUNCTION periods_between IS
  'The months (unit month, as 2026-10) or ISO weeks (unit week, as 2026-W41) that business days from from_day to before to_day touch';

CREATE TABLE job_run (
  job              text        NOT NULL,
  period           text        NOT NULL,
  from_day         date        NOT NULL,
  to_day           date        NOT NULL,
  state            text        NOT NULL CHECK (state IN ('due', 'running', 'done', 'failed')),
  requested_at     timestamptz NOT NULL,
  due_from         date,
  due_to           date,
  attempts         integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  started_at       timestamptz,
  finished_at      timestamptz,
  rows             bigint,
  input_watermark  timestamptz,
  error            text,
  PRIMARY KEY (job, period),
  CHECK (from_day < to_day),
  CHECK (state = 'done' OR due_from < due_to)
);
CREATE INDEX job_run_due ON job_run (job, from_day) WHERE state <> 'done';
COMMENT ON TABLE job_run IS 'The ledger of the analysis: a row for each job and period, with its last run and whether it is due again';
COMMENT ON COLUMN job_run.job IS 'What is computed: the name of a table of the analysis, or of a source that is read';
COMMENT ON COLUMN job_run.period IS 'Month (2026-10), ISO week (2026-W41), day (2026-10-02), or all';
COMMENT ON COLUMN job_run.from_day IS 'First business day of the period';
COMMENT ON COLUMN job_run.to_day IS 'Business day after the last one of the period';
COMMENT ON COLUMN job_run.state IS 'due: something that it depends on has changed; running: a process does it, or was killed while it did; done; failed: tried again with the next run';
COMMENT ON COLUMN job_run.requested_at IS 'When something that it depends on changed last';
COMMENT ON COLUMN job_run.due_from IS 'First business day of it that is to be done again; null if none is';
COMMENT ON COLUMN job_run.due_to IS 'Business day after the last one that is to be done again; null if none is';
COMMENT ON COLUMN job_run.attempts IS 'How often it was begun since it was done last';
COMMENT ON COLUMN job_run.started_at IS 'When its last run began';
COMMENT ON COLUMN job_run.finished_at IS 'When its last run ended, well or badly';
COMMENT ON COLUMN job_run.rows IS 'Rows of the table in the period, or rows read, as of the last run that ended well';
COMMENT ON COLUMN job_run.input_watermark IS 'What was recorded until then is in it: the moment of the last run that ended well, or of the last input that it read';
COMMENT ON COLUMN job_run.error IS 'Why the last run failed; null if it ended well';

CREATE TABLE analysis_setting (
  name   text PRIMARY KEY,
  value  text NOT NULL
);
COMMENT ON TABLE analysis_setting IS 'The numbers of the definitions, from the environment, that the tables were computed with; where one changes, all periods become due';
COMMENT ON COLUMN analysis_setting.name IS 'As the statements of sql/analysis name it';
COMMENT ON COLUMN analysis_setting.value IS 'Durations in seconds, as text that Postgres reads';
