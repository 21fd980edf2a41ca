-- The first thread: what Eboost billed, what the boxes metered, and one table that holds both, by box and business day.

CREATE TABLE eboost_transaction (
  id                  bigint PRIMARY KEY,
  invoice_id          text,
  user_id             bigint,
  box_unique_id       text,
  outlet_unique_id    text,
  start_time          timestamptz,
  end_time            timestamptz,
  wattage_consumed    numeric,
  total_fee           numeric,
  total_consumed_fee  numeric,
  activation_fee      numeric,
  discount_amount     numeric,
  promotion_code      text,
  promotion_discount  numeric,
  paid                boolean,
  status              boolean,
  reason_closed       text,
  created_at          timestamptz,
  updated_at          timestamptz NOT NULL
);
COMMENT ON TABLE eboost_transaction IS 'Mirror of the transactions in the Eboost database, row by row as they are there';
CREATE INDEX eboost_transaction_updated_at ON eboost_transaction (updated_at, id);
CREATE INDEX eboost_transaction_start_time ON eboost_transaction (start_time);

CREATE TABLE drawn_energy_day (
  box        integer NOT NULL,
  day        date    NOT NULL,
  drawn_kwh  double precision NOT NULL,
  PRIMARY KEY (box, day)
);
COMMENT ON TABLE drawn_energy_day IS 'Energy by the registers of the outlets, by box and business day, as a Flux query found it';

CREATE TABLE charging_event_day (
  box                  integer NOT NULL,
  day                  date    NOT NULL,
  charging_events      integer NOT NULL CHECK (charging_events >= 0),
  customers            integer NOT NULL CHECK (customers >= 0),
  billed_kwh           double precision NOT NULL,
  drawn_kwh            double precision,
  revenue              numeric NOT NULL,
  activation_fee       numeric NOT NULL,
  discount             numeric NOT NULL,
  PRIMARY KEY (box, day)
);
CREATE INDEX charging_event_day_day ON charging_event_day (day, box);
COMMENT ON TABLE charging_event_day IS 'Charging events by box and business day (in TIME_ZONE) on which they start';
COMMENT ON COLUMN charging_event_day.box IS 'Number of the box';
COMMENT ON COLUMN charging_event_day.day IS 'Business day';
COMMENT ON COLUMN charging_event_day.charging_events IS 'Valid transactions that start on this day';
COMMENT ON COLUMN charging_event_day.customers IS 'Distinct customers of these';
COMMENT ON COLUMN charging_event_day.billed_kwh IS 'Energy that was billed, kWh';
COMMENT ON COLUMN charging_event_day.drawn_kwh IS 'Energy by the registers of the outlets, kWh, by the day on which it was drawn; null where none was metered';
COMMENT ON COLUMN charging_event_day.revenue IS 'Sum of the total fees, VND';
COMMENT ON COLUMN charging_event_day.activation_fee IS 'Sum of the activation fees, VND';
COMMENT ON COLUMN charging_event_day.discount IS 'Sum of the discounts, VND';
