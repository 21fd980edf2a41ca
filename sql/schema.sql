-- What sql/migrations and sql/views make. It follows from them: npm run schema.

CREATE OR REPLACE FUNCTION public.energy_increase(previous double precision, current double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((previous < 'Infinity'::double precision) AND (current < 'Infinity'::double precision)) THEN (current - CASE WHEN (current < previous) THEN (0)::double precision ELSE previous END) ELSE NULL::double precision END;

CREATE TABLE charging_event_day (
  box integer NOT NULL,
  day date NOT NULL,
  charging_events integer NOT NULL,
  customers integer NOT NULL,
  billed_kwh double precision NOT NULL,
  drawn_kwh double precision,
  revenue numeric NOT NULL,
  activation_fee numeric NOT NULL,
  discount numeric NOT NULL
);

CREATE TABLE drawn_energy_day (
  box integer NOT NULL,
  day date NOT NULL,
  drawn_kwh double precision NOT NULL
);

CREATE TABLE eboost_transaction (
  id bigint NOT NULL,
  invoice_id text,
  user_id bigint,
  box_unique_id text,
  outlet_unique_id text,
  start_time timestamp with time zone,
  end_time timestamp with time zone,
  wattage_consumed numeric,
  total_fee numeric,
  total_consumed_fee numeric,
  activation_fee numeric,
  discount_amount numeric,
  promotion_code text,
  promotion_discount numeric,
  paid boolean,
  status boolean,
  reason_closed text,
  created_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE migration (
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
);

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_charging_events_check CHECK ((charging_events >= 0));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_customers_check CHECK ((customers >= 0));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_pkey PRIMARY KEY (box, day);

ALTER TABLE drawn_energy_day ADD CONSTRAINT drawn_energy_day_pkey PRIMARY KEY (box, day);

ALTER TABLE eboost_transaction ADD CONSTRAINT eboost_transaction_pkey PRIMARY KEY (id);

ALTER TABLE migration ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

CREATE INDEX charging_event_day_day ON public.charging_event_day USING btree (day, box);

CREATE INDEX eboost_transaction_start_time ON public.eboost_transaction USING btree (start_time);

CREATE INDEX eboost_transaction_updated_at ON public.eboost_transaction USING btree (updated_at, id);

CREATE VIEW energy_by_day AS
 SELECT day,
    sum(billed_kwh) AS billed_kwh,
    sum(revenue) AS revenue,
    sum(charging_events) AS charging_events
   FROM charging_event_day
  GROUP BY day;

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

COMMENT ON TABLE drawn_energy_day IS 'Energy by the registers of the outlets, by box and business day, as a Flux query found it';

COMMENT ON TABLE eboost_transaction IS 'Mirror of the transactions in the Eboost database, row by row as they are there';

COMMENT ON TABLE migration IS 'The files of sql/ that have run on this database, with their hashes';

COMMENT ON FUNCTION energy_increase(double precision,double precision) IS 'Increase of an energy register, kWh, from one known value to the next; the new value if it fell, since then it was reset; null if either is unknown. Rows without a value must be left out before lag, or the increase after them is lost';
