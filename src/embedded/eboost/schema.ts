/**
 * The tables of Eboost's database that Evida reads (domain.md, "Eboost"). In TypeScript, not in a file of SQL, so that
 * the build carries it along.
 */
export const EBOOST_SCHEMA = `
CREATE TABLE IF NOT EXISTS users (
  id         bigint PRIMARY KEY,
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'Customers';

CREATE TABLE IF NOT EXISTS boxes (
  id         bigint PRIMARY KEY,
  unique_id  text NOT NULL UNIQUE,
  name       text NOT NULL,
  status     boolean NOT NULL DEFAULT true,
  city       text,
  district   text,
  address    text,
  latitude   double precision,
  longitude  double precision,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN boxes.unique_id IS 'Ebox_12';
COMMENT ON COLUMN boxes.status IS 'In service';

CREATE TABLE IF NOT EXISTS transactions (
  id                 bigint PRIMARY KEY,
  invoice_id         text,
  user_id            bigint REFERENCES users (id),
  box_unique_id      text NOT NULL,
  outlet_unique_id   text NOT NULL,
  start_time         timestamptz NOT NULL,
  end_time           timestamptz,
  wattage_consumed   numeric(12, 5) NOT NULL DEFAULT 0,
  total_fee          numeric(14, 2) NOT NULL DEFAULT 0,
  total_consumed_fee numeric(14, 2) NOT NULL DEFAULT 0,
  activation_fee     numeric(14, 2) NOT NULL DEFAULT 0,
  discount_amount    numeric(14, 2) NOT NULL DEFAULT 0,
  promotion_code     text,
  promotion_discount numeric(14, 2) NOT NULL DEFAULT 0,
  paid               boolean NOT NULL DEFAULT false,
  status             boolean NOT NULL DEFAULT false,
  reason_closed      text,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN transactions.outlet_unique_id IS 'Ebox_12_3';
COMMENT ON COLUMN transactions.wattage_consumed IS 'kWh';
COMMENT ON COLUMN transactions.total_fee IS 'VND, as all money';
COMMENT ON COLUMN transactions.status IS 'False while open';

CREATE INDEX IF NOT EXISTS users_updated ON users (updated_at, id);
CREATE INDEX IF NOT EXISTS boxes_updated ON boxes (updated_at, id);
CREATE INDEX IF NOT EXISTS transactions_updated ON transactions (updated_at, id);
`;

/** The tables, in the order in which they can be filled. */
export const EBOOST_TABLES = ['users', 'boxes', 'transactions'] as const;
