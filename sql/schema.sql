-- What sql/migrations and sql/views make. It follows from them: npm run schema.

CREATE OR REPLACE FUNCTION public.energy_increase(previous double precision, current double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((previous < 'Infinity'::double precision) AND (current < 'Infinity'::double precision)) THEN (current - CASE WHEN (current < previous) THEN (0)::double precision ELSE previous END) ELSE NULL::double precision END;

CREATE OR REPLACE FUNCTION public.leave_out_forgotten()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    CASE TG_TABLE_NAME
      WHEN 'eboost_transaction' THEN
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.user_id) THEN
          NEW.user_id := 0;
          NEW.invoice_id := NULL;
          NEW.promotion_code := NULL;
        END IF;
      WHEN 'judged_transaction' THEN
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.customer) THEN
          NEW.customer := 0;
        END IF;
      WHEN 'eboost_user' THEN
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.id) THEN
          RETURN NULL;
        END IF;
      ELSE
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.customer) THEN
          RETURN NULL;
        END IF;
    END CASE;
    RETURN NEW;
  END $function$;

CREATE OR REPLACE FUNCTION public.note_changed_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    INSERT INTO changed_row SELECT DISTINCT TG_TABLE_NAME, id, pg_current_xact_id() FROM written
        ON CONFLICT (relation, id) DO UPDATE SET xid = excluded.xid;
    RETURN NULL;
  END $function$;

CREATE OR REPLACE FUNCTION public.periods_between(unit text, from_day date, to_day date)
 RETURNS TABLE(period text, first_day date, next_day date)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT to_char(start.start,
         CASE periods_between.unit
             WHEN 'week'::text THEN 'IYYY"-W"IW'::text
             ELSE 'YYYY-MM'::text
         END) AS period,
     (start.start)::date AS first_day,
     ((start.start + (('1 '::text || periods_between.unit))::interval))::date AS next_day
    FROM generate_series(date_trunc(periods_between.unit, (periods_between.from_day)::timestamp without time zone), ((periods_between.to_day)::timestamp without time zone - '1 day'::interval), (('1 '::text || periods_between.unit))::interval) start(start);
END;

CREATE TABLE analysis_setting (
  name text NOT NULL,
  value text NOT NULL
);

CREATE TABLE box_connection (
  box integer NOT NULL,
  at timestamp with time zone NOT NULL,
  online boolean NOT NULL
);

CREATE TABLE box_hour (
  box integer NOT NULL,
  hour timestamp with time zone NOT NULL,
  drawn_kwh numeric NOT NULL,
  charging_ms integer NOT NULL,
  most_charging smallint NOT NULL,
  peak_power_w double precision NOT NULL
);

CREATE TABLE changed_row (
  relation text NOT NULL,
  id bigint NOT NULL,
  xid xid8 NOT NULL
);

CREATE TABLE charging_box_analysis (
  box integer NOT NULL,
  month date NOT NULL,
  active_customers integer NOT NULL,
  charging_events integer NOT NULL,
  billed_kwh double precision NOT NULL,
  activation_fee numeric NOT NULL,
  consumed_fee numeric NOT NULL,
  discount numeric NOT NULL,
  revenue numeric NOT NULL,
  active_outlets smallint NOT NULL,
  online_share double precision,
  charging_hours double precision NOT NULL,
  online_outlet_hours double precision NOT NULL,
  utilization double precision,
  utilization_by_events double precision NOT NULL
);

CREATE TABLE charging_event_day (
  box integer NOT NULL,
  day date NOT NULL,
  charging_events integer NOT NULL,
  customers integer NOT NULL,
  billed_kwh double precision NOT NULL,
  drawn_kwh double precision,
  revenue numeric NOT NULL,
  activation_fee numeric NOT NULL,
  discount numeric NOT NULL,
  metered_kwh double precision NOT NULL DEFAULT 0,
  metered_minus_billed_kwh double precision NOT NULL DEFAULT 0,
  charging_minutes double precision NOT NULL DEFAULT 0,
  peak_power_w double precision,
  most_charging smallint NOT NULL DEFAULT 0
);

CREATE TABLE charging_event_week (
  box integer NOT NULL,
  week date NOT NULL,
  charging_events integer NOT NULL,
  customers integer NOT NULL,
  billed_kwh double precision NOT NULL,
  metered_kwh double precision NOT NULL,
  metered_minus_billed_kwh double precision NOT NULL,
  drawn_kwh double precision,
  revenue numeric NOT NULL,
  activation_fee numeric NOT NULL,
  discount numeric NOT NULL,
  charging_minutes double precision NOT NULL,
  peak_power_w double precision,
  most_charging smallint NOT NULL,
  charging_events_change integer NOT NULL,
  billed_kwh_change double precision NOT NULL,
  metered_kwh_change double precision NOT NULL,
  revenue_change numeric NOT NULL
);

CREATE TABLE charging_pattern (
  box integer NOT NULL,
  month date NOT NULL,
  weekday smallint NOT NULL,
  hour smallint NOT NULL,
  charging_events integer NOT NULL,
  drawn_kwh double precision NOT NULL,
  mean_outlets_charging double precision NOT NULL
);

CREATE TABLE charging_session (
  box integer NOT NULL,
  outlet smallint NOT NULL,
  start_time timestamp with time zone NOT NULL,
  end_time timestamp with time zone,
  last_photograph timestamp with time zone NOT NULL,
  day date NOT NULL,
  metered_kwh double precision NOT NULL,
  peak_power_w double precision,
  mean_power_factor double precision,
  recovered boolean NOT NULL,
  abandoned boolean NOT NULL,
  transaction_id bigint
);

CREATE TABLE customer_month (
  customer bigint NOT NULL,
  month date NOT NULL,
  charging_events integer NOT NULL,
  billed_kwh double precision NOT NULL,
  revenue numeric NOT NULL,
  first_event timestamp with time zone,
  last_event timestamp with time zone,
  favourite_box integer,
  frequency text NOT NULL,
  energy text NOT NULL,
  state text NOT NULL
);

CREATE TABLE eboost_box (
  id bigint NOT NULL,
  unique_id text,
  name text,
  status boolean,
  city text,
  district text,
  address text,
  latitude double precision,
  longitude double precision,
  created_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL
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

CREATE TABLE eboost_user (
  id bigint NOT NULL,
  name text,
  created_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE energy_outside_session (
  box integer NOT NULL,
  outlet smallint NOT NULL,
  day date NOT NULL,
  drawn_kwh double precision NOT NULL
);

CREATE TABLE forgotten_customer (
  id bigint NOT NULL,
  forgotten_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE job_run (
  job text NOT NULL,
  period text NOT NULL,
  from_day date NOT NULL,
  to_day date NOT NULL,
  state text NOT NULL,
  requested_at timestamp with time zone NOT NULL,
  due_from date,
  due_to date,
  attempts integer NOT NULL DEFAULT 0,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  rows bigint,
  input_watermark timestamp with time zone,
  error text
);

CREATE TABLE judged_transaction (
  id bigint NOT NULL,
  box integer,
  outlet smallint,
  customer bigint,
  start_time timestamp with time zone,
  end_time timestamp with time zone,
  day date NOT NULL,
  kwh numeric NOT NULL,
  revenue numeric NOT NULL,
  consumed_fee numeric NOT NULL,
  activation_fee numeric NOT NULL,
  discount numeric NOT NULL,
  problem text,
  is_second boolean NOT NULL DEFAULT false
);

CREATE TABLE loyal_customers (
  customer bigint NOT NULL,
  month date NOT NULL,
  charging_events integer NOT NULL,
  billed_kwh double precision NOT NULL,
  revenue numeric NOT NULL,
  weeks_in_a_row integer NOT NULL,
  loyal_since date NOT NULL,
  rank integer NOT NULL
);

CREATE TABLE migration (
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE outlet_installation (
  box integer NOT NULL,
  outlet smallint NOT NULL,
  since timestamp with time zone NOT NULL,
  installed boolean NOT NULL
);

CREATE TABLE outlet_known (
  day date NOT NULL,
  box integer NOT NULL,
  outlet smallint NOT NULL,
  status_at timestamp with time zone,
  status smallint,
  energy_at timestamp with time zone,
  energy_kwh double precision
);

CREATE TABLE unobserved_time (
  at timestamp with time zone NOT NULL,
  from_time timestamp with time zone NOT NULL,
  to_time timestamp with time zone NOT NULL
);

ALTER TABLE analysis_setting ADD CONSTRAINT analysis_setting_pkey PRIMARY KEY (name);

ALTER TABLE box_connection ADD CONSTRAINT box_connection_pkey PRIMARY KEY (box, at);

ALTER TABLE box_hour ADD CONSTRAINT box_hour_charging_s_check CHECK (((charging_ms)::double precision >= (0)::double precision));

ALTER TABLE box_hour ADD CONSTRAINT box_hour_drawn_kwh_check CHECK (((drawn_kwh)::double precision >= (0)::double precision));

ALTER TABLE box_hour ADD CONSTRAINT box_hour_most_charging_check CHECK ((most_charging >= 0));

ALTER TABLE box_hour ADD CONSTRAINT box_hour_peak_power_w_check CHECK ((peak_power_w >= (0)::double precision));

ALTER TABLE box_hour ADD CONSTRAINT box_hour_pkey PRIMARY KEY (hour, box);

ALTER TABLE changed_row ADD CONSTRAINT changed_row_pkey PRIMARY KEY (relation, id);

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_active_customers_check CHECK ((active_customers >= 0));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_active_outlets_check CHECK ((active_outlets >= 0));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_charging_events_check CHECK ((charging_events >= 0));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_charging_hours_check CHECK ((charging_hours >= (0)::double precision));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_online_outlet_hours_check CHECK ((online_outlet_hours >= (0)::double precision));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_online_share_check CHECK (((online_share >= (0)::double precision) AND (online_share <= (1)::double precision)));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_pkey PRIMARY KEY (box, month);

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_utilization_by_events_check CHECK (((utilization_by_events >= (0)::double precision) AND (utilization_by_events <= (100)::double precision)));

ALTER TABLE charging_box_analysis ADD CONSTRAINT charging_box_analysis_utilization_check CHECK ((utilization >= (0)::double precision));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_charging_events_check CHECK ((charging_events >= 0));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_charging_minutes_check CHECK ((charging_minutes >= (0)::double precision));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_customers_check CHECK ((customers >= 0));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_metered_kwh_check CHECK ((metered_kwh >= (0)::double precision));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_most_charging_check CHECK ((most_charging >= 0));

ALTER TABLE charging_event_day ADD CONSTRAINT charging_event_day_pkey PRIMARY KEY (box, day);

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_charging_events_check CHECK ((charging_events >= 0));

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_charging_minutes_check CHECK ((charging_minutes >= (0)::double precision));

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_customers_check CHECK ((customers >= 0));

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_metered_kwh_check CHECK ((metered_kwh >= (0)::double precision));

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_most_charging_check CHECK ((most_charging >= 0));

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_pkey PRIMARY KEY (box, week);

ALTER TABLE charging_event_week ADD CONSTRAINT charging_event_week_week_check CHECK ((EXTRACT(isodow FROM week) = (1)::numeric));

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_charging_events_check CHECK ((charging_events >= 0));

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_drawn_kwh_check CHECK ((drawn_kwh >= (0)::double precision));

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_hour_check CHECK (((hour >= 0) AND (hour <= 23)));

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_mean_outlets_charging_check CHECK ((mean_outlets_charging >= (0)::double precision));

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric));

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_pkey PRIMARY KEY (month, box, weekday, hour);

ALTER TABLE charging_pattern ADD CONSTRAINT charging_pattern_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)));

ALTER TABLE charging_session ADD CONSTRAINT charging_session_box_check CHECK ((box >= 0));

ALTER TABLE charging_session ADD CONSTRAINT charging_session_check CHECK ((end_time >= start_time));

ALTER TABLE charging_session ADD CONSTRAINT charging_session_metered_kwh_check CHECK ((metered_kwh >= (0)::double precision));

ALTER TABLE charging_session ADD CONSTRAINT charging_session_outlet_check CHECK (((outlet >= 0) AND (outlet <= 9)));

ALTER TABLE charging_session ADD CONSTRAINT charging_session_pkey PRIMARY KEY (box, outlet, start_time);

ALTER TABLE customer_month ADD CONSTRAINT customer_month_charging_events_check CHECK ((charging_events >= 0));

ALTER TABLE customer_month ADD CONSTRAINT customer_month_check CHECK (((state = 'inactive'::text) = (charging_events = 0)));

ALTER TABLE customer_month ADD CONSTRAINT customer_month_energy_check CHECK ((energy = ANY (ARRAY['High'::text, 'Low'::text])));

ALTER TABLE customer_month ADD CONSTRAINT customer_month_frequency_check CHECK ((frequency = ANY (ARRAY['Frequent'::text, 'Occasional'::text, 'Rare'::text])));

ALTER TABLE customer_month ADD CONSTRAINT customer_month_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric));

ALTER TABLE customer_month ADD CONSTRAINT customer_month_pkey PRIMARY KEY (customer, month);

ALTER TABLE customer_month ADD CONSTRAINT customer_month_state_check CHECK ((state = ANY (ARRAY['new'::text, 'returning'::text, 'halved'::text, 'steady'::text, 'inactive'::text])));

ALTER TABLE eboost_box ADD CONSTRAINT eboost_box_pkey PRIMARY KEY (id);

ALTER TABLE eboost_transaction ADD CONSTRAINT eboost_transaction_pkey PRIMARY KEY (id);

ALTER TABLE eboost_user ADD CONSTRAINT eboost_user_pkey PRIMARY KEY (id);

ALTER TABLE energy_outside_session ADD CONSTRAINT energy_outside_session_drawn_kwh_check CHECK ((drawn_kwh > (0)::double precision));

ALTER TABLE energy_outside_session ADD CONSTRAINT energy_outside_session_pkey PRIMARY KEY (box, outlet, day);

ALTER TABLE forgotten_customer ADD CONSTRAINT forgotten_customer_id_check CHECK ((id <> 0));

ALTER TABLE forgotten_customer ADD CONSTRAINT forgotten_customer_pkey PRIMARY KEY (id);

ALTER TABLE job_run ADD CONSTRAINT job_run_attempts_check CHECK ((attempts >= 0));

ALTER TABLE job_run ADD CONSTRAINT job_run_check CHECK ((from_day < to_day));

ALTER TABLE job_run ADD CONSTRAINT job_run_check1 CHECK (((state = 'done'::text) OR (due_from < due_to)));

ALTER TABLE job_run ADD CONSTRAINT job_run_pkey PRIMARY KEY (job, period);

ALTER TABLE job_run ADD CONSTRAINT job_run_state_check CHECK ((state = ANY (ARRAY['due'::text, 'running'::text, 'done'::text, 'failed'::text])));

ALTER TABLE judged_transaction ADD CONSTRAINT judged_transaction_pkey PRIMARY KEY (id);

ALTER TABLE loyal_customers ADD CONSTRAINT loyal_customers_charging_events_check CHECK ((charging_events > 0));

ALTER TABLE loyal_customers ADD CONSTRAINT loyal_customers_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric));

ALTER TABLE loyal_customers ADD CONSTRAINT loyal_customers_pkey PRIMARY KEY (customer, month);

ALTER TABLE loyal_customers ADD CONSTRAINT loyal_customers_rank_check CHECK ((rank > 0));

ALTER TABLE loyal_customers ADD CONSTRAINT loyal_customers_weeks_in_a_row_check CHECK ((weeks_in_a_row > 0));

ALTER TABLE migration ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

ALTER TABLE outlet_installation ADD CONSTRAINT outlet_installation_pkey PRIMARY KEY (box, outlet, since);

ALTER TABLE outlet_known ADD CONSTRAINT outlet_known_check CHECK (((status IS NULL) = (status_at IS NULL)));

ALTER TABLE outlet_known ADD CONSTRAINT outlet_known_check1 CHECK (((energy_kwh IS NULL) = (energy_at IS NULL)));

ALTER TABLE outlet_known ADD CONSTRAINT outlet_known_pkey PRIMARY KEY (day, box, outlet);

ALTER TABLE unobserved_time ADD CONSTRAINT unobserved_time_check CHECK ((to_time >= from_time));

ALTER TABLE unobserved_time ADD CONSTRAINT unobserved_time_pkey PRIMARY KEY (at);

CREATE INDEX box_connection_at ON public.box_connection USING btree (at);

CREATE INDEX changed_row_xid ON public.changed_row USING btree (relation, xid);

CREATE INDEX charging_box_analysis_month ON public.charging_box_analysis USING btree (month, box);

CREATE INDEX charging_event_day_day ON public.charging_event_day USING btree (day, box);

CREATE INDEX charging_event_week_week ON public.charging_event_week USING btree (week, box);

CREATE INDEX charging_session_day ON public.charging_session USING btree (day, box);

CREATE INDEX charging_session_end_time ON public.charging_session USING btree (end_time);

CREATE INDEX charging_session_open ON public.charging_session USING btree (start_time) WHERE (end_time IS NULL);

CREATE INDEX charging_session_start_time ON public.charging_session USING btree (start_time);

CREATE INDEX charging_session_transaction ON public.charging_session USING btree (transaction_id);

CREATE INDEX customer_month_month ON public.customer_month USING btree (month, state);

CREATE INDEX eboost_box_number ON public.eboost_box USING btree ((("substring"(unique_id, '^Ebox_([0-9]{1,9})$'::text))::integer), updated_at DESC);

CREATE INDEX eboost_box_unique_id ON public.eboost_box USING btree (unique_id);

CREATE INDEX eboost_box_updated_at ON public.eboost_box USING btree (updated_at, id);

CREATE INDEX eboost_transaction_start_time ON public.eboost_transaction USING btree (start_time);

CREATE INDEX eboost_transaction_updated_at ON public.eboost_transaction USING btree (updated_at, id);

CREATE INDEX eboost_user_updated_at ON public.eboost_user USING btree (updated_at, id);

CREATE INDEX energy_outside_session_day ON public.energy_outside_session USING btree (day);

CREATE INDEX job_run_due ON public.job_run USING btree (job, from_day) WHERE (state <> 'done'::text);

CREATE INDEX judged_transaction_customer ON public.judged_transaction USING btree (customer, day);

CREATE INDEX judged_transaction_day ON public.judged_transaction USING btree (day, box);

CREATE INDEX judged_transaction_outlet ON public.judged_transaction USING btree (box, outlet, start_time);

CREATE INDEX judged_transaction_problem ON public.judged_transaction USING btree (day) WHERE ((problem IS NOT NULL) OR is_second);

CREATE INDEX loyal_customers_rank ON public.loyal_customers USING btree (month, rank);

CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON public.customer_month FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();

CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON public.eboost_transaction FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();

CREATE TRIGGER note_deleted AFTER DELETE ON public.eboost_transaction REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();

CREATE TRIGGER note_inserted AFTER INSERT ON public.eboost_transaction REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();

CREATE TRIGGER note_updated AFTER UPDATE ON public.eboost_transaction REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();

CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON public.eboost_user FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();

CREATE TRIGGER note_deleted AFTER DELETE ON public.eboost_user REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();

CREATE TRIGGER note_inserted AFTER INSERT ON public.eboost_user REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();

CREATE TRIGGER note_updated AFTER UPDATE ON public.eboost_user REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_changed_rows();

CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON public.judged_transaction FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();

CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON public.loyal_customers FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();

CREATE VIEW analysis_problem AS
 SELECT id AS transaction_id,
    COALESCE(problem, 'second transaction over one session'::text) AS problem,
    day,
    box,
    outlet,
    customer,
    start_time,
    end_time,
    kwh,
    revenue
   FROM judged_transaction
  WHERE ((problem IS NOT NULL) OR is_second);

CREATE VIEW box_period AS
 SELECT 'day'::text AS unit,
    charging_event_day.box,
    charging_event_day.day AS first_day,
    to_char((charging_event_day.day)::timestamp with time zone, 'YYYY-MM-DD'::text) AS period,
    charging_event_day.charging_events,
    charging_event_day.billed_kwh,
    charging_event_day.metered_kwh,
    charging_event_day.drawn_kwh,
    (charging_event_day.revenue)::double precision AS revenue,
    (charging_event_day.activation_fee)::double precision AS activation_fee,
    (charging_event_day.discount)::double precision AS discount
   FROM charging_event_day
UNION ALL
 SELECT 'week'::text AS unit,
    charging_event_week.box,
    charging_event_week.week AS first_day,
    to_char((charging_event_week.week)::timestamp with time zone, 'IYYY-"W"IW'::text) AS period,
    charging_event_week.charging_events,
    charging_event_week.billed_kwh,
    charging_event_week.metered_kwh,
    charging_event_week.drawn_kwh,
    (charging_event_week.revenue)::double precision AS revenue,
    (charging_event_week.activation_fee)::double precision AS activation_fee,
    (charging_event_week.discount)::double precision AS discount
   FROM charging_event_week
UNION ALL
 SELECT 'month'::text AS unit,
    analysis.box,
    analysis.month AS first_day,
    to_char((analysis.month)::timestamp with time zone, 'YYYY-MM'::text) AS period,
    analysis.charging_events,
    analysis.billed_kwh,
    energy.metered_kwh,
    energy.drawn_kwh,
    (analysis.revenue)::double precision AS revenue,
    (analysis.activation_fee)::double precision AS activation_fee,
    (analysis.discount)::double precision AS discount
   FROM (charging_box_analysis analysis
     CROSS JOIN LATERAL ( SELECT (COALESCE(sum((days.metered_kwh)::numeric), (0)::numeric))::double precision AS metered_kwh,
            (sum((days.drawn_kwh)::numeric))::double precision AS drawn_kwh
           FROM charging_event_day days
          WHERE ((days.box = analysis.box) AND (days.day >= analysis.month) AND (days.day < (analysis.month + '1 mon'::interval)))) energy);

CREATE VIEW box_place AS
 SELECT DISTINCT ON (box) box,
    concat_ws(' '::text, box, NULLIF(name, ''::text)) AS label,
    COALESCE(NULLIF(name, ''::text), unique_id) AS name,
    COALESCE(NULLIF(city, ''::text), 'Unknown'::text) AS city,
    COALESCE(NULLIF(district, ''::text), 'Unknown'::text) AS district,
    address,
    latitude,
    longitude,
    (status IS TRUE) AS in_service
   FROM ( SELECT eboost_box.id,
            eboost_box.unique_id,
            eboost_box.name,
            eboost_box.status,
            eboost_box.city,
            eboost_box.district,
            eboost_box.address,
            eboost_box.latitude,
            eboost_box.longitude,
            eboost_box.created_at,
            eboost_box.updated_at,
            ("substring"(eboost_box.unique_id, '^Ebox_([0-9]{1,9})$'::text))::integer AS box
           FROM eboost_box) numbered
  WHERE (box IS NOT NULL)
  ORDER BY box, updated_at DESC;

CREATE VIEW box_today AS
 SELECT place.box,
    place.label,
    place.name,
    place.city,
    place.district,
    place.latitude,
    place.longitude,
    COALESCE(today.charging_events, 0) AS charging_events,
    COALESCE(today.billed_kwh, (0)::double precision) AS billed_kwh,
    (COALESCE(today.revenue, (0)::numeric))::double precision AS revenue
   FROM (box_place place
     LEFT JOIN charging_event_day today ON (((today.box = place.box) AND (today.day = ( SELECT ((now() AT TIME ZONE analysis_setting.value))::date AS timezone
           FROM analysis_setting
          WHERE (analysis_setting.name = 'time_zone'::text))))));

CREATE VIEW charging_event AS
 SELECT id,
    box,
    outlet,
    customer,
    start_time,
    end_time,
    day,
    kwh,
    revenue,
    consumed_fee,
    activation_fee,
    discount
   FROM judged_transaction
  WHERE ((problem IS NULL) AND (NOT is_second));

CREATE VIEW customer_group AS
 SELECT month,
    state,
    frequency,
    energy,
    (count(*))::integer AS customers,
    (sum(charging_events))::integer AS charging_events,
    (sum((billed_kwh)::numeric))::double precision AS billed_kwh,
    (sum(revenue))::double precision AS revenue
   FROM customer_month
  GROUP BY month, state, frequency, energy;

CREATE VIEW energy_by_day AS
 SELECT day,
    sum(billed_kwh) AS billed_kwh,
    sum(revenue) AS revenue,
    sum(charging_events) AS charging_events
   FROM charging_event_day
  GROUP BY day;

CREATE VIEW event_hour AS
 SELECT charging_event.box,
    charging_event.day,
    date_trunc('hour'::text, charging_event.start_time, zone.name) AS hour,
    (count(*))::integer AS charging_events,
    (sum(charging_event.revenue))::double precision AS revenue
   FROM (charging_event
     CROSS JOIN ( SELECT COALESCE(max(analysis_setting.value), 'UTC'::text) AS name
           FROM analysis_setting
          WHERE (analysis_setting.name = 'time_zone'::text)) zone)
  GROUP BY charging_event.box, charging_event.day, (date_trunc('hour'::text, charging_event.start_time, zone.name));

CREATE VIEW inactive_customer AS
 SELECT away.month,
    away.customer,
    eboost_user.name,
    last.day AS last_day,
    ((((12)::numeric * EXTRACT(year FROM age((away.month)::timestamp without time zone, date_trunc('month'::text, (last.day)::timestamp without time zone)))) + EXTRACT(month FROM age((away.month)::timestamp without time zone, date_trunc('month'::text, (last.day)::timestamp without time zone)))))::integer AS months_away,
    active.charging_events AS last_month_events,
    (active.revenue)::double precision AS last_month_revenue
   FROM (((customer_month away
     LEFT JOIN eboost_user ON ((eboost_user.id = away.customer)))
     CROSS JOIN LATERAL ( SELECT event.day
           FROM charging_event event
          WHERE ((event.customer = away.customer) AND (event.day < away.month))
          ORDER BY event.day DESC
         LIMIT 1) last)
     LEFT JOIN customer_month active ON (((active.customer = away.customer) AND (active.month = (date_trunc('month'::text, (last.day)::timestamp without time zone))::date))))
  WHERE (away.state = 'inactive'::text);

CREATE VIEW installed_outlet AS
 SELECT box,
    outlet
   FROM ( SELECT DISTINCT ON (outlet_installation.box, outlet_installation.outlet) outlet_installation.box,
            outlet_installation.outlet,
            outlet_installation.installed
           FROM outlet_installation
          ORDER BY outlet_installation.box, outlet_installation.outlet, outlet_installation.since DESC) latest
  WHERE installed;

CREATE VIEW job_state AS
 SELECT jobs.job,
        CASE
            WHEN (open.failed > 0) THEN 'failed'::text
            WHEN (open.running > 0) THEN 'running'::text
            WHEN (open.periods > 0) THEN 'due'::text
            ELSE 'done'::text
        END AS state,
    jobs.last_done_at,
    last_run.started_at AS last_run_at,
    (EXTRACT(epoch FROM (last_run.finished_at - last_run.started_at)))::double precision AS last_duration_s,
    open.periods AS periods_open,
    open.failed_in_a_row,
    open.error,
    GREATEST((open.failed_in_a_row)::double precision, (((EXTRACT(epoch FROM (now() - COALESCE(jobs.last_done_at, ( SELECT migration.applied_at
           FROM migration
          WHERE (migration.name = '0001-charging-event-day'::text))))) / EXTRACT(epoch FROM jobs.every)) - (1)::numeric))::double precision, (0)::double precision) AS runs_missed
   FROM ((( SELECT job_run.job,
                CASE
                    WHEN (job_run.job = 'rehearsal'::text) THEN '7 days'::interval
                    WHEN (job_run.job = ANY (ARRAY['backup'::text, 'eboost-comparison'::text])) THEN '1 day'::interval
                    ELSE '01:00:00'::interval
                END AS every,
            max(job_run.finished_at) FILTER (WHERE ((job_run.attempts = 0) OR ((job_run.attempts = 1) AND (job_run.state = 'running'::text)))) AS last_done_at,
            max(job_run.from_day) AS last_day
           FROM job_run
          GROUP BY job_run.job) jobs
     LEFT JOIN LATERAL ( SELECT job_run.started_at,
                CASE
                    WHEN (job_run.finished_at >= job_run.started_at) THEN job_run.finished_at
                    ELSE NULL::timestamp with time zone
                END AS finished_at
           FROM job_run
          WHERE ((job_run.job = jobs.job) AND (job_run.started_at IS NOT NULL))
          ORDER BY job_run.started_at DESC
         LIMIT 1) last_run ON (true))
     CROSS JOIN LATERAL ( SELECT count(*) AS periods,
            count(*) FILTER (WHERE (job_run.state = 'failed'::text)) AS failed,
            count(*) FILTER (WHERE (job_run.state = 'running'::text)) AS running,
            COALESCE(max(job_run.attempts) FILTER (WHERE (job_run.state = 'failed'::text)), 0) AS failed_in_a_row,
            (array_agg(job_run.error ORDER BY job_run.started_at DESC) FILTER (WHERE (job_run.state = 'failed'::text)))[1] AS error
           FROM job_run
          WHERE ((job_run.job = jobs.job) AND (job_run.state <> 'done'::text) AND ((job_run.job <> 'eboost-comparison'::text) OR (job_run.from_day = jobs.last_day)))) open);

CREATE VIEW known_month AS
 SELECT from_day AS month,
    period
   FROM job_run
  WHERE ((job = 'customer-month'::text) AND (rows > 0));

CREATE VIEW named_customer_month AS
 SELECT customer_month.month,
    customer_month.customer,
    eboost_user.name,
    customer_month.state,
    customer_month.frequency,
    customer_month.energy,
    customer_month.charging_events,
    customer_month.billed_kwh,
    (customer_month.revenue)::double precision AS revenue,
    customer_month.first_event,
    customer_month.last_event,
    customer_month.favourite_box
   FROM (customer_month
     LEFT JOIN eboost_user ON ((eboost_user.id = customer_month.customer)));

CREATE VIEW named_loyal_customer AS
 SELECT loyal_customers.month,
    loyal_customers.rank,
    loyal_customers.customer,
    eboost_user.name,
    loyal_customers.charging_events,
    loyal_customers.billed_kwh,
    (loyal_customers.revenue)::double precision AS revenue,
    loyal_customers.weeks_in_a_row,
    loyal_customers.loyal_since
   FROM (loyal_customers
     LEFT JOIN eboost_user ON ((eboost_user.id = loyal_customers.customer)));

CREATE VIEW outlet_session AS
 SELECT session.box,
    session.outlet,
    session.start_time,
    session.end_time,
    session.metered_kwh,
    session.peak_power_w,
    session.mean_power_factor,
    event.id AS transaction_id,
    (event.kwh)::double precision AS billed_kwh,
    (event.revenue)::double precision AS revenue,
        CASE
            WHEN (session.end_time IS NULL) THEN 'charging'::text
            WHEN session.abandoned THEN 'abandoned'::text
            WHEN session.recovered THEN 'recovered'::text
            ELSE 'complete'::text
        END AS state
   FROM (charging_session session
     LEFT JOIN charging_event event ON ((event.id = session.transaction_id)));

CREATE VIEW reconciliation AS
 SELECT event.id AS transaction_id,
    event.box,
    event.outlet,
    event.customer,
    event.day,
    event.start_time,
    event.end_time,
    metered.sessions,
    (event.kwh)::double precision AS billed_kwh,
    metered.metered_kwh,
    (metered.metered_kwh - (event.kwh)::double precision) AS metered_minus_billed_kwh,
        CASE
            WHEN (metered.sessions = 0) THEN 'not metered'::text
            WHEN (abs((metered.metered_kwh - (event.kwh)::double precision)) <= GREATEST(tolerance.kwh, (tolerance.share * (event.kwh)::double precision))) THEN 'agrees'::text
            WHEN (metered.metered_kwh > (event.kwh)::double precision) THEN 'billed too little'::text
            ELSE 'billed too much'::text
        END AS verdict
   FROM ((charging_event event
     CROSS JOIN LATERAL ( SELECT (count(*))::integer AS sessions,
            (sum((charging_session.metered_kwh)::numeric))::double precision AS metered_kwh
           FROM charging_session
          WHERE (charging_session.transaction_id = event.id)) metered)
     CROSS JOIN ( SELECT (COALESCE(max(analysis_setting.value) FILTER (WHERE (analysis_setting.name = 'reconciliation_tolerance_kwh'::text)), '0'::text))::double precision AS kwh,
            (COALESCE(max(analysis_setting.value) FILTER (WHERE (analysis_setting.name = 'reconciliation_tolerance_share'::text)), '0'::text))::double precision AS share
           FROM analysis_setting
          WHERE (analysis_setting.name = ANY (ARRAY['reconciliation_tolerance_kwh'::text, 'reconciliation_tolerance_share'::text]))) tolerance);

CREATE VIEW rows_by_day AS
 SELECT day,
    (sum(sessions))::integer AS sessions,
    (sum(transactions))::integer AS transactions
   FROM ( SELECT charging_session.day,
            1 AS sessions,
            0 AS transactions
           FROM charging_session
        UNION ALL
         SELECT judged_transaction.day,
            0,
            1
           FROM judged_transaction) made
  GROUP BY day;

CREATE VIEW unbilled_energy AS
 SELECT kind,
    box,
    outlet,
    day,
    start_time,
    end_time,
    unbilled_kwh
   FROM ( SELECT 'session'::text AS kind,
            charging_session.box,
            charging_session.outlet,
            charging_session.day,
            charging_session.start_time,
            charging_session.end_time,
            charging_session.metered_kwh AS unbilled_kwh
           FROM charging_session
          WHERE ((charging_session.end_time IS NOT NULL) AND (NOT (EXISTS ( SELECT
                   FROM charging_event
                  WHERE (charging_event.id = charging_session.transaction_id)))))
        UNION ALL
         SELECT 'outside session'::text,
            energy_outside_session.box,
            energy_outside_session.outlet,
            energy_outside_session.day,
            NULL::timestamp with time zone,
            NULL::timestamp with time zone,
            energy_outside_session.drawn_kwh
           FROM energy_outside_session) energy
  WHERE (unbilled_kwh > ( SELECT (COALESCE(max(analysis_setting.value), '0'::text))::double precision AS "coalesce"
           FROM analysis_setting
          WHERE (analysis_setting.name = 'reconciliation_tolerance_kwh'::text)));

CREATE VIEW unmetered_transactions AS
 SELECT id AS transaction_id,
    box,
    outlet,
    customer,
    day,
    start_time,
    end_time,
    (kwh)::double precision AS billed_kwh,
    revenue
   FROM charging_event event
  WHERE (NOT (EXISTS ( SELECT
           FROM charging_session
          WHERE (charging_session.transaction_id = event.id))));

CREATE VIEW unreconciled_box_day AS
 SELECT days.box,
    days.day,
    days.charging_events,
    days.disagreeing,
    days.billed_kwh,
    days.metered_kwh,
    (abs((days.metered_kwh - days.billed_kwh)) - GREATEST(tolerance.kwh, (tolerance.share * days.billed_kwh))) AS beyond_tolerance_kwh
   FROM (( SELECT reconciliation.box,
            reconciliation.day,
            count(*) AS charging_events,
            count(*) FILTER (WHERE (reconciliation.verdict <> 'agrees'::text)) AS disagreeing,
            sum(reconciliation.billed_kwh) AS billed_kwh,
            sum(COALESCE(reconciliation.metered_kwh, (0)::double precision)) AS metered_kwh
           FROM reconciliation
          GROUP BY reconciliation.box, reconciliation.day) days
     CROSS JOIN ( SELECT (COALESCE(max(analysis_setting.value) FILTER (WHERE (analysis_setting.name = 'reconciliation_tolerance_kwh'::text)), '0'::text))::double precision AS kwh,
            (COALESCE(max(analysis_setting.value) FILTER (WHERE (analysis_setting.name = 'reconciliation_tolerance_share'::text)), '0'::text))::double precision AS share
           FROM analysis_setting) tolerance)
  WHERE (abs((days.metered_kwh - days.billed_kwh)) > GREATEST(tolerance.kwh, (tolerance.share * days.billed_kwh)));

COMMENT ON TABLE analysis_setting IS 'The numbers of the definitions, from the environment, that the tables were computed with; where one changes, all periods become due';

COMMENT ON COLUMN analysis_setting.name IS 'As the statements of sql/analysis name it';

COMMENT ON COLUMN analysis_setting.value IS 'Durations in seconds, as text that Postgres reads';

COMMENT ON TABLE box_connection IS 'Whether a box can be reached, from each connection point on';

COMMENT ON COLUMN box_connection.box IS 'Number of the box';

COMMENT ON COLUMN box_connection.at IS 'Time of the point';

COMMENT ON COLUMN box_connection.online IS 'Online and not silent, until the next point';

COMMENT ON TABLE box_hour IS 'Use of each box by hour, as the photographs tell it: a row where anything was drawn or charged';

COMMENT ON COLUMN box_hour.box IS 'Number of the box';

COMMENT ON COLUMN box_hour.hour IS 'Start of the hour';

COMMENT ON COLUMN box_hour.drawn_kwh IS 'Energy by the registers of its outlets, kWh; the increase between two photographs is spread evenly over the time between them, at most the last 24 hours of it';

COMMENT ON COLUMN box_hour.charging_ms IS 'Time that its outlets were in a metered session in this hour, added up, ms';

COMMENT ON COLUMN box_hour.most_charging IS 'Most outlets in a metered session at once';

COMMENT ON COLUMN box_hour.peak_power_w IS 'Highest power of all its outlets together, W';

COMMENT ON TABLE changed_row IS 'Rows of the mirror of Eboost that were written or deleted, for the backup; rows from before this table are not in it';

COMMENT ON COLUMN changed_row.relation IS 'The table that it is a row of';

COMMENT ON COLUMN changed_row.id IS 'Its id; where there is no such row any more, it was deleted';

COMMENT ON COLUMN changed_row.xid IS 'The transaction that wrote or deleted it last';

COMMENT ON TABLE charging_box_analysis IS 'A row for each box and month: what it earned, how long it was online, and how much it was used';

COMMENT ON COLUMN charging_box_analysis.box IS 'Number of the box';

COMMENT ON COLUMN charging_box_analysis.month IS 'First day of the calendar month (in TIME_ZONE)';

COMMENT ON COLUMN charging_box_analysis.active_customers IS 'Distinct customers of its charging events';

COMMENT ON COLUMN charging_box_analysis.charging_events IS 'Charging events (valid transactions) that start in this month';

COMMENT ON COLUMN charging_box_analysis.billed_kwh IS 'Energy that was billed, kWh';

COMMENT ON COLUMN charging_box_analysis.activation_fee IS 'Sum of the activation fees, VND';

COMMENT ON COLUMN charging_box_analysis.consumed_fee IS 'Sum of the fees for energy, VND';

COMMENT ON COLUMN charging_box_analysis.discount IS 'Sum of the discounts, VND';

COMMENT ON COLUMN charging_box_analysis.revenue IS 'Sum of the total fees, VND';

COMMENT ON COLUMN charging_box_analysis.active_outlets IS 'Outlets with a charging event in this month';

COMMENT ON COLUMN charging_box_analysis.online_share IS 'Part of the observed time in which the box was online and not silent, 0 to 1; null if it was never observed';

COMMENT ON COLUMN charging_box_analysis.charging_hours IS 'Time that its outlets were in a metered session, added up, h';

COMMENT ON COLUMN charging_box_analysis.online_outlet_hours IS 'Time that its outlets were installed and the box online, added up, h';

COMMENT ON COLUMN charging_box_analysis.utilization IS 'Hours charging by hours installed and online, of all outlets; null if there are none';

COMMENT ON COLUMN charging_box_analysis.utilization_by_events IS 'Eboost''s old figure: charging events by UTILIZATION_EVENTS_PER_OUTLET for each active outlet, percent, at most 100';

COMMENT ON TABLE charging_event_day IS 'A row for each box and business day (in TIME_ZONE) on which something was billed or metered';

COMMENT ON COLUMN charging_event_day.box IS 'Number of the box';

COMMENT ON COLUMN charging_event_day.day IS 'Business day';

COMMENT ON COLUMN charging_event_day.charging_events IS 'Charging events (valid transactions) that start on this day';

COMMENT ON COLUMN charging_event_day.customers IS 'Distinct customers of these';

COMMENT ON COLUMN charging_event_day.billed_kwh IS 'Energy that was billed, kWh';

COMMENT ON COLUMN charging_event_day.drawn_kwh IS 'Energy by the registers of the outlets, kWh, by the hours in which it was drawn; null where none was';

COMMENT ON COLUMN charging_event_day.revenue IS 'Sum of the total fees, VND';

COMMENT ON COLUMN charging_event_day.activation_fee IS 'Sum of the activation fees, VND';

COMMENT ON COLUMN charging_event_day.discount IS 'Sum of the discounts, VND';

COMMENT ON COLUMN charging_event_day.metered_kwh IS 'Energy of the metered sessions that start on this day, kWh';

COMMENT ON COLUMN charging_event_day.metered_minus_billed_kwh IS 'Metered minus billed energy, kWh';

COMMENT ON COLUMN charging_event_day.charging_minutes IS 'Time that its outlets were in a metered session on this day, added up, min';

COMMENT ON COLUMN charging_event_day.peak_power_w IS 'Highest power of all its outlets together, W; null where none is known';

COMMENT ON COLUMN charging_event_day.most_charging IS 'Most outlets in a metered session at once';

COMMENT ON TABLE charging_event_week IS 'A row for each box and ISO week in which something was billed or metered, with the change against the week before';

COMMENT ON COLUMN charging_event_week.box IS 'Number of the box';

COMMENT ON COLUMN charging_event_week.week IS 'Monday of the ISO week (in TIME_ZONE)';

COMMENT ON COLUMN charging_event_week.charging_events IS 'Charging events (valid transactions) that start in this week';

COMMENT ON COLUMN charging_event_week.customers IS 'Distinct customers of these';

COMMENT ON COLUMN charging_event_week.billed_kwh IS 'Energy that was billed, kWh';

COMMENT ON COLUMN charging_event_week.metered_kwh IS 'Energy of the metered sessions that start in this week, kWh';

COMMENT ON COLUMN charging_event_week.metered_minus_billed_kwh IS 'Metered minus billed energy, kWh';

COMMENT ON COLUMN charging_event_week.drawn_kwh IS 'Energy by the registers of the outlets, kWh, by the hours in which it was drawn; null where none was';

COMMENT ON COLUMN charging_event_week.revenue IS 'Sum of the total fees, VND';

COMMENT ON COLUMN charging_event_week.activation_fee IS 'Sum of the activation fees, VND';

COMMENT ON COLUMN charging_event_week.discount IS 'Sum of the discounts, VND';

COMMENT ON COLUMN charging_event_week.charging_minutes IS 'Time that its outlets were in a metered session, added up, min';

COMMENT ON COLUMN charging_event_week.peak_power_w IS 'Highest power of all its outlets together, W; null where none is known';

COMMENT ON COLUMN charging_event_week.most_charging IS 'Most outlets in a metered session at once';

COMMENT ON COLUMN charging_event_week.charging_events_change IS 'Charging events more than in the week before';

COMMENT ON COLUMN charging_event_week.billed_kwh_change IS 'Billed energy more than in the week before, kWh';

COMMENT ON COLUMN charging_event_week.metered_kwh_change IS 'Metered energy more than in the week before, kWh';

COMMENT ON COLUMN charging_event_week.revenue_change IS 'Revenue more than in the week before, VND';

COMMENT ON TABLE charging_pattern IS 'When a box is used: a row for each box, month, weekday and hour (in TIME_ZONE) in which something was billed or metered';

COMMENT ON COLUMN charging_pattern.box IS 'Number of the box';

COMMENT ON COLUMN charging_pattern.month IS 'First day of the calendar month';

COMMENT ON COLUMN charging_pattern.weekday IS '1 = Monday to 7 = Sunday';

COMMENT ON COLUMN charging_pattern.hour IS 'Hour of the day, 0 to 23';

COMMENT ON COLUMN charging_pattern.charging_events IS 'Charging events (valid transactions) that start in these hours';

COMMENT ON COLUMN charging_pattern.drawn_kwh IS 'Energy by the registers of the outlets, kWh';

COMMENT ON COLUMN charging_pattern.mean_outlets_charging IS 'Outlets in a metered session, on the mean over all these hours of the month that are past';

COMMENT ON TABLE charging_session IS 'Metered sessions, built from photographs: from status 2 until it is left for longer than SESSION_MERGE_GAP';

COMMENT ON COLUMN charging_session.box IS 'Number of the box';

COMMENT ON COLUMN charging_session.outlet IS 'Outlet of the box, 0 to 9';

COMMENT ON COLUMN charging_session.start_time IS 'First photograph with status 2';

COMMENT ON COLUMN charging_session.end_time IS 'First photograph with another status; the last one with status 2 if it was abandoned; null while it goes on';

COMMENT ON COLUMN charging_session.last_photograph IS 'Last photograph of it with status 2';

COMMENT ON COLUMN charging_session.day IS 'Business day on which it starts';

COMMENT ON COLUMN charging_session.metered_kwh IS 'Energy by the increases of the outlet''s register, kWh';

COMMENT ON COLUMN charging_session.peak_power_w IS 'Highest power in its photographs, W; null if none is known';

COMMENT ON COLUMN charging_session.mean_power_factor IS 'Mean of its photographs'' power factor, each for the time until the next one, percent; null if none is known';

COMMENT ON COLUMN charging_session.recovered IS 'Time that was not observed, or a photograph made of what the broker had queued, lies in it';

COMMENT ON COLUMN charging_session.abandoned IS 'It was not left, but silent for SESSION_ABANDONED_AFTER';

COMMENT ON COLUMN charging_session.transaction_id IS 'The transaction of the same outlet that overlaps it most; null if none does';

COMMENT ON TABLE customer_month IS 'A row for each customer and month with charging events, or with some in the months before (INACTIVE_MONTHS); none for forgotten ones';

COMMENT ON COLUMN customer_month.customer IS 'The customer, by eboost_user.id';

COMMENT ON COLUMN customer_month.month IS 'First day of the calendar month (in TIME_ZONE)';

COMMENT ON COLUMN customer_month.charging_events IS 'Charging events (valid transactions) that start in this month';

COMMENT ON COLUMN customer_month.billed_kwh IS 'Energy that was billed, kWh';

COMMENT ON COLUMN customer_month.revenue IS 'Sum of the total fees, VND';

COMMENT ON COLUMN customer_month.first_event IS 'Start of the first charging event of the month; null if there is none';

COMMENT ON COLUMN customer_month.last_event IS 'Start of the last charging event of the month; null if there is none';

COMMENT ON COLUMN customer_month.favourite_box IS 'The box with most of these events, the lowest of several; null if there are none';

COMMENT ON COLUMN customer_month.frequency IS 'Frequent (at least FREQUENT_MIN_EVENTS), Occasional (at least OCCASIONAL_MIN_EVENTS) or Rare';

COMMENT ON COLUMN customer_month.energy IS 'High (at least HIGH_ENERGY_KWH an event) or Low';

COMMENT ON COLUMN customer_month.state IS 'new: first month ever; returning: none the month before; halved: at most HALVED_SHARE of the month before; steady: otherwise; inactive: none this month';

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

COMMENT ON TABLE eboost_transaction IS 'Mirror of the transactions in the Eboost database, row by row as they are there, but for what tells of forgotten customers';

COMMENT ON COLUMN eboost_transaction.id IS 'Number of the transaction';

COMMENT ON COLUMN eboost_transaction.invoice_id IS 'Number of its invoice; null of a forgotten customer';

COMMENT ON COLUMN eboost_transaction.user_id IS 'The customer, by eboost_user.id; 0 for all who are forgotten';

COMMENT ON COLUMN eboost_transaction.box_unique_id IS 'Ebox_12 is box 12';

COMMENT ON COLUMN eboost_transaction.outlet_unique_id IS 'Ebox_12_3 is outlet 3 of box 12';

COMMENT ON COLUMN eboost_transaction.start_time IS 'When it began';

COMMENT ON COLUMN eboost_transaction.end_time IS 'When it ended; null while it is open';

COMMENT ON COLUMN eboost_transaction.wattage_consumed IS 'Energy that is billed, kWh';

COMMENT ON COLUMN eboost_transaction.total_fee IS 'What the customer is to pay, VND';

COMMENT ON COLUMN eboost_transaction.total_consumed_fee IS 'The part of it that is for energy, before discounts, VND';

COMMENT ON COLUMN eboost_transaction.activation_fee IS 'The part of it that is for starting, VND';

COMMENT ON COLUMN eboost_transaction.discount_amount IS 'Discount, VND';

COMMENT ON COLUMN eboost_transaction.promotion_code IS 'Code that the customer used; null of a forgotten customer';

COMMENT ON COLUMN eboost_transaction.promotion_discount IS 'Discount by that code, VND';

COMMENT ON COLUMN eboost_transaction.paid IS 'Whether it was paid';

COMMENT ON COLUMN eboost_transaction.status IS 'Closed; false while it is open';

COMMENT ON COLUMN eboost_transaction.reason_closed IS 'Why it was closed, in Eboost''s words';

COMMENT ON COLUMN eboost_transaction.created_at IS 'When Eboost made the row';

COMMENT ON COLUMN eboost_transaction.updated_at IS 'When Eboost changed the row last';

COMMENT ON TABLE eboost_user IS 'Mirror of the users in the Eboost database, but for forgotten ones; one that is gone there is kept';

COMMENT ON COLUMN eboost_user.id IS 'Number of the customer';

COMMENT ON COLUMN eboost_user.name IS 'Name, as Eboost shows it';

COMMENT ON COLUMN eboost_user.created_at IS 'When the customer signed up';

COMMENT ON COLUMN eboost_user.updated_at IS 'When Eboost changed the row last';

COMMENT ON TABLE energy_outside_session IS 'Energy that outlets drew outside of any metered session';

COMMENT ON COLUMN energy_outside_session.box IS 'Number of the box';

COMMENT ON COLUMN energy_outside_session.outlet IS 'Outlet of the box, 0 to 9';

COMMENT ON COLUMN energy_outside_session.day IS 'Business day of the photographs that show it';

COMMENT ON COLUMN energy_outside_session.drawn_kwh IS 'Energy by the increases of the register, kWh';

COMMENT ON TABLE forgotten_customer IS 'Customers who are to be forgotten: their number is all that is kept of them, so that their rows are known when they are read again';

COMMENT ON COLUMN forgotten_customer.id IS 'Number of the customer at Eboost';

COMMENT ON COLUMN forgotten_customer.forgotten_at IS 'Since when';

COMMENT ON TABLE job_run IS 'The ledger of the analysis, the backups and their rehearsals: a row for each job and period, with its last run and whether it is due again';

COMMENT ON COLUMN job_run.job IS 'What is done: the name of a table of the analysis, of a source that it reads, backup, or rehearsal';

COMMENT ON COLUMN job_run.period IS 'Month (2026-10), ISO week (2026-W41), day (2026-10-02), or all; of a backup or rehearsal, when its schedule rang (2026-10-01T17:00Z)';

COMMENT ON COLUMN job_run.from_day IS 'First business day of the period; of a backup or rehearsal, the UTC day';

COMMENT ON COLUMN job_run.to_day IS 'Business day after the last one of the period';

COMMENT ON COLUMN job_run.state IS 'due: something that it depends on has changed, or its schedule has rung; running: a process does it, or was killed while it did; done; failed: tried again with the next run';

COMMENT ON COLUMN job_run.requested_at IS 'When something that it depends on changed last, or when it was asked for';

COMMENT ON COLUMN job_run.due_from IS 'First business day of it that is to be done again; null if none is';

COMMENT ON COLUMN job_run.due_to IS 'Business day after the last one that is to be done again; null if none is';

COMMENT ON COLUMN job_run.attempts IS 'How often it was begun since it was done last';

COMMENT ON COLUMN job_run.started_at IS 'When its last run began';

COMMENT ON COLUMN job_run.finished_at IS 'When its last run ended, well or badly';

COMMENT ON COLUMN job_run.rows IS 'As of the last run that ended well: rows of the table on the days that it did, rows that it read or compared, or blobs of the backup';

COMMENT ON COLUMN job_run.input_watermark IS 'What was recorded until then is in it: the moment of the last run that ended well, or of the last input that it read; of a backup or rehearsal, when its schedule rang';

COMMENT ON COLUMN job_run.error IS 'Why the last run failed; null if it ended well';

COMMENT ON TABLE judged_transaction IS 'Transactions that are closed, of real boxes, and of enough energy: charging events, and those that bad data keeps from being one';

COMMENT ON COLUMN judged_transaction.id IS 'Number of the transaction at Eboost';

COMMENT ON COLUMN judged_transaction.box IS 'Number of the box; null if its name has none';

COMMENT ON COLUMN judged_transaction.outlet IS 'Outlet of the box, 0 to 9; null if its name has none';

COMMENT ON COLUMN judged_transaction.customer IS 'The customer, by eboost_user.id; 0 for all who are forgotten';

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

COMMENT ON TABLE loyal_customers IS 'Customers who are loyal in a month: LOYAL_MIN_EVENTS charging events in it, and one in each of the LOYAL_MIN_WEEKS ISO weeks that ended last before its end, or before now; forgotten ones are in none';

COMMENT ON COLUMN loyal_customers.customer IS 'The customer, by eboost_user.id';

COMMENT ON COLUMN loyal_customers.month IS 'First day of the calendar month (in TIME_ZONE)';

COMMENT ON COLUMN loyal_customers.charging_events IS 'Charging events (valid transactions) that start in this month';

COMMENT ON COLUMN loyal_customers.billed_kwh IS 'Energy that was billed, kWh';

COMMENT ON COLUMN loyal_customers.revenue IS 'Sum of the total fees, VND';

COMMENT ON COLUMN loyal_customers.weeks_in_a_row IS 'ISO weeks with a charging event, without a break, up to the one that ended last';

COMMENT ON COLUMN loyal_customers.loyal_since IS 'First of the months, without a break, in which the customer was loyal';

COMMENT ON COLUMN loyal_customers.rank IS 'By revenue in this month, 1 = most; ties by customer number';

COMMENT ON TABLE migration IS 'The files of sql/ that have run on this database, with their hashes';

COMMENT ON COLUMN migration.name IS 'Its file, without its ending; a view as view/name';

COMMENT ON COLUMN migration.sha256 IS 'Hash of its content';

COMMENT ON COLUMN migration.applied_at IS 'When it ran last';

COMMENT ON TABLE outlet_installation IS 'Since when an outlet is installed, or is not (status 6)';

COMMENT ON COLUMN outlet_installation.box IS 'Number of the box';

COMMENT ON COLUMN outlet_installation.outlet IS 'Outlet of the box, 0 to 9';

COMMENT ON COLUMN outlet_installation.since IS 'The photograph that showed it first';

COMMENT ON COLUMN outlet_installation.installed IS 'Whether it is installed from then on';

COMMENT ON TABLE outlet_known IS 'What the photographs had told of each outlet before a business day, an hour and SESSION_MERGE_GAP before it begins: for the first and last day of each month, and the latest two days';

COMMENT ON COLUMN outlet_known.day IS 'Business day';

COMMENT ON COLUMN outlet_known.box IS 'Number of the box';

COMMENT ON COLUMN outlet_known.outlet IS 'Outlet of the box, 0 to 9';

COMMENT ON COLUMN outlet_known.status_at IS 'Last photograph with a status until then';

COMMENT ON COLUMN outlet_known.status IS 'Its status';

COMMENT ON COLUMN outlet_known.energy_at IS 'Last photograph with the energy register until then';

COMMENT ON COLUMN outlet_known.energy_kwh IS 'Its register, kWh';

COMMENT ON TABLE unobserved_time IS 'Time in which Evida recorded nothing; it is left out of online time';

COMMENT ON COLUMN unobserved_time.at IS 'Time of the gap point that says so';

COMMENT ON COLUMN unobserved_time.from_time IS 'The last thing that was recorded before it';

COMMENT ON COLUMN unobserved_time.to_time IS 'When Evida started again';

COMMENT ON FUNCTION energy_increase(double precision,double precision) IS 'Increase of an energy register, kWh, from one known value to the next; the new value if it fell, since then it was reset; null if either is unknown. Rows without a value must be left out before lag, or the increase after them is lost';

COMMENT ON FUNCTION leave_out_forgotten() IS 'Writes what may be kept of a row of a forgotten customer, if anything';

COMMENT ON FUNCTION note_changed_rows() IS 'Notes the rows of a statement in changed_row; its trigger calls them written';

COMMENT ON FUNCTION periods_between(text,date,date) IS 'The months (unit month, as 2026-10) or ISO weeks (unit week, as 2026-W41) that business days from from_day to before to_day touch';
