-- The charging events: transactions that are valid. All tables of the analysis count these, and no others.
CREATE OR REPLACE VIEW charging_event AS
SELECT id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount
  FROM judged_transaction
 WHERE problem IS NULL AND NOT is_second;
