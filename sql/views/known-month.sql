-- The months that there are customers of, as the ledger has them.
CREATE OR REPLACE VIEW known_month AS
SELECT from_day AS month, period FROM job_run WHERE job = 'customer-month' AND rows > 0;
