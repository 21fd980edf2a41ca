-- Transactions that would count but for bad data, with the reason: what evida analyze --problems lists.
CREATE OR REPLACE VIEW analysis_problem AS
SELECT id AS transaction_id,
       coalesce(problem, 'second transaction over one session') AS problem,
       day, box, outlet, customer, start_time, end_time, kwh, revenue
  FROM judged_transaction
 WHERE problem IS NOT NULL OR is_second;
