-- The mirror of the Eboost database: rows as they are there, also those that no table counts.

CREATE TABLE eboost_user (
  id          bigint PRIMARY KEY,
  name        text,
  created_at  timestamptz,
  updated_at  timestamptz NOT NULL
);
CREATE INDEX eboost_user_updated_at ON eboost_user (updated_at, id);
COMMENT ON TABLE eboost_user IS 'Mirror of the users in the Eboost database; one that is gone there is kept';
COMMENT ON COLUMN eboost_user.id IS 'Number of the customer';
COMMENT ON COLUMN eboost_user.name IS 'Name, as Eboost shows it';
COMMENT ON COLUMN eboost_user.created_at IS 'When the customer signed up';
COMMENT ON COLUMN eboost_user.updated_at IS 'When Eboost changed the row last';

CREATE TABLE eboost_box (
  id          bigint PRIMARY KEY,
  unique_id   text,
  name        text,
  status      boolean,
  city        text,
  district    text,
  address     text,
  latitude    double precision,
  longitude   double precision,
  created_at  timestamptz,
  updated_at  timestamptz NOT NULL
);
CREATE INDEX eboost_box_updated_at ON eboost_box (updated_at, id);
CREATE INDEX eboost_box_unique_id ON eboost_box (unique_id);
COMMENT ON TABLE eboost_box IS 'Mirror of the boxes in the Eboost database; one that is gone there is kept, since what it has billed stays true';
COMMENT ON COLUMN eboost_box.id IS 'Eboost''s own number of the row';
COMMENT ON COLUMN eboost_box.unique_id IS 'Ebox_12 is box 12';
COMMENT ON COLUMN eboost_box.name IS 'Name, as Eboost shows it';
COMMENT ON COLUMN eboost_box.status IS 'In service';
COMMENT ON COLUMN eboost_box.city IS 'City';
COMMENT ON COLUMN eboost_box.district IS 'District';
COMMENT ON COLUMN eboost_box.address IS 'Street and number';
COMMENT ON COLUMN eboost_box.latitude IS 'Degrees north';
COMMENT ON COLUMN eboost_box.longitude IS 'Degrees east';
COMMENT ON COLUMN eboost_box.created_at IS 'When the box was set up at Eboost';
COMMENT ON COLUMN eboost_box.updated_at IS 'When Eboost changed the row last';

COMMENT ON TABLE eboost_transaction IS 'Mirror of the transactions in the Eboost database, row by row as they are there';
COMMENT ON COLUMN eboost_transaction.id IS 'Number of the transaction';
COMMENT ON COLUMN eboost_transaction.invoice_id IS 'Number of its invoice';
COMMENT ON COLUMN eboost_transaction.user_id IS 'The customer, by eboost_user.id';
COMMENT ON COLUMN eboost_transaction.box_unique_id IS 'Ebox_12 is box 12';
COMMENT ON COLUMN eboost_transaction.outlet_unique_id IS 'Ebox_12_3 is outlet 3 of box 12';
COMMENT ON COLUMN eboost_transaction.start_time IS 'When it began';
COMMENT ON COLUMN eboost_transaction.end_time IS 'When it ended; null while it is open';
COMMENT ON COLUMN eboost_transaction.wattage_consumed IS 'Energy that is billed, kWh';
COMMENT ON COLUMN eboost_transaction.total_fee IS 'What the customer is to pay, VND';
COMMENT ON COLUMN eboost_transaction.total_consumed_fee IS 'The part of it that is for energy, before discounts, VND';
COMMENT ON COLUMN eboost_transaction.activation_fee IS 'The part of it that is for starting, VND';
COMMENT ON COLUMN eboost_transaction.discount_amount IS 'Discount, VND';
COMMENT ON COLUMN eboost_transaction.promotion_code IS 'Code that the customer used';
COMMENT ON COLUMN eboost_transaction.promotion_discount IS 'Discount by that code, VND';
COMMENT ON COLUMN eboost_transaction.paid IS 'Whether it was paid';
COMMENT ON COLUMN eboost_transaction.status IS 'Closed; false while it is open';
COMMENT ON COLUMN eboost_transaction.reason_closed IS 'Why it was closed, in Eboost''s words';
COMMENT ON COLUMN eboost_transaction.created_at IS 'When Eboost made the row';
COMMENT ON COLUMN eboost_transaction.updated_at IS 'When Eboost changed the row last';
