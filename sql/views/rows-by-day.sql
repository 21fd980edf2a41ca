-- How many rows the jobs have made of each business day: metered sessions, of the photographs that InfluxDB has, and judged
-- transactions, of what Eboost has billed.
CREATE OR REPLACE VIEW rows_by_day AS
SELECT day, sum(sessions)::integer AS sessions, sum(transactions)::integer AS transactions
  FROM (SELECT day, 1 AS sessions, 0 AS transactions FROM charging_session
         UNION ALL
        SELECT day, 0, 1 FROM judged_transaction) AS made
 GROUP BY day;
