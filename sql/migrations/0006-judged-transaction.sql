-- Which transactions count: all that are closed and large enough, with what is wrong with them.

CREATE TABLE judged_transaction (
  id              bigint  PRIMARY KEY,
  box             integer,
  outlet          smallint,
  customer        bigint,
  start_time      timestamptz,
  end_time        timestamptz,
  day             date    NOT NULL,
  kwh             numeric NOT NULL,
  revenue         numeric NOT NULL,
  consumed_fee    numeric NOT NULL,
  activation_fee  numeric NOT NULL,
  discount        numeric NOT NULL,
  problem         text,
  is_second       boolean NOT NULL DEFAULT false
);
CREATE INDEX judged_transaction_day ON judged_transaction (day, box);
CREATE INDEX judged_transaction_customer ON judged_transaction (customer, day);
CREATE INDEX judged_transaction_outlet ON judged_transaction (box, outlet, start_time);
CREATE INDEX judged_transaction_problem ON judged_transaction (day) WHERE problem IS NOT NULL OR is_second;
COMMENT ON TABLE judged_transaction IS 'Transactions that are closed, of real boxes, and of enough energy: charging events, and those that bad data keeps from being one';
COMMENT ON COLUMN judged_transaction.id IS 'Number of the transaction at Eboost';
COMMENT ON COLUMN judged_transaction.box IS 'Number of the box; null if its name has none';
COMMENT ON COLUMN judged_transaction.outlet IS 'Outlet of the box, 0 to 9; null if its name has none';
COMMENT ON COLUMN judged_transaction.customer IS 'The customer, by eboost_user.id';
COMMENT ON COLUMN judged_transaction.start_time IS 'When it began';
COMMENT ON COLUMN judged_transaction.end_time IS 'When it ended';
COMMENT ON COLUMN judged_transaction.day IS 'Business day on which it starts; of its last change at Eboost if it has no start';
COMMENT ON COLUMN judged_transaction.kwh IS 'Energy that is billed, kWh';
COMMENT ON COLUMN judged_transaction.revenue IS 'Total fee, VND';
COMMENT ON COLUMN judged_transaction.consumed_fee IS 'Total consumed fee, VND';
COMMENT ON COLUMN judged_transaction.activation_fee IS 'Activation fee, VND';
COMMENT ON COLUMN judged_transaction.discount IS 'Discount, VND';
COMMENT ON COLUMN judged_transaction.problem IS 'Why it is no charging event; null if nothing is wrong with it by itself';
COMMENT ON COLUMN judged_transaction.is_second IS 'It overlaps another transaction that is matched to the metered session of both, so it is no charging event';
