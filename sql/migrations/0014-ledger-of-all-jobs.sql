-- The ledger holds more than the analysis now.

COMMENT ON TABLE job_run IS 'The ledger of the analysis, the backups and their rehearsals: a row for each job and period, with its last run and whether it is due again';
COMMENT ON COLUMN job_run.job IS 'What is done: the name of a table of the analysis, of a source that it reads, backup, or rehearsal';
COMMENT ON COLUMN job_run.period IS 'Month (2026-10), ISO week (2026-W41), day (2026-10-02), or all; of a backup or rehearsal, when its schedule rang (2026-10-01T17:00Z)';
COMMENT ON COLUMN job_run.from_day IS 'First business day of the period; of a backup or rehearsal, the UTC day';
COMMENT ON COLUMN job_run.state IS 'due: something that it depends on has changed, or its schedule has rung; running: a process does it, or was killed while it did; done; failed: tried again with the next run';
COMMENT ON COLUMN job_run.requested_at IS 'When something that it depends on changed last, or when it was asked for';
COMMENT ON COLUMN job_run.rows IS 'As of the last run that ended well: rows of the table on the days that it did, rows that it read or compared, or blobs of the backup';
COMMENT ON COLUMN job_run.input_watermark IS 'What was recorded until then is in it: the moment of the last run that ended well, or of the last input that it read; of a backup or rehearsal, when its schedule rang';
