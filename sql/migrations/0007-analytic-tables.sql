-- The analytic tables besides CHARGING_SESSION.

ALTER TABLE charging_event_day
  ADD COLUMN metered_kwh double precision NOT NULL DEFAULT 0 CHECK (metered_kwh >= 0),
  ADD COLUMN metered_minus_billed_kwh double precision NOT NULL DEFAULT 0,
  ADD COLUMN charging_minutes double precision NOT NULL DEFAULT 0 CHECK (charging_minutes >= 0),
  ADD COLUMN peak_power_w double precision,
  ADD COLUMN most_charging smallint NOT NULL DEFAULT 0 CHECK (most_charging >= 0);
COMMENT ON TABLE charging_event_day IS 'A row for each box and business day (in TIME_ZONE) on which something was billed or metered';
COMMENT ON COLUMN charging_event_day.charging_events IS 'Charging events (valid transactions) that start on this day';
COMMENT ON COLUMN charging_event_day.drawn_kwh IS 'Energy by the registers of the outlets, kWh, by the hours in which it was drawn; null where none was';
COMMENT ON COLUMN charging_event_day.metered_kwh IS 'Energy of the metered sessions that start on this day, kWh';
COMMENT ON COLUMN charging_event_day.metered_minus_billed_kwh IS 'Metered minus billed energy, kWh';
COMMENT ON COLUMN charging_event_day.charging_minutes IS 'Time that its outlets were in a metered session on this day, added up, min';
COMMENT ON COLUMN charging_event_day.peak_power_w IS 'Highest power of all its outlets together, W; null where none is known';
COMMENT ON COLUMN charging_event_day.most_charging IS 'Most outlets in a metered session at once';

CREATE TABLE charging_event_week (
  box                       integer NOT NULL,
  week                      date    NOT NULL CHECK (extract(isodow FROM week) = 1),
  charging_events           integer NOT NULL CHECK (charging_events >= 0),
  customers                 integer NOT NULL CHECK (customers >= 0),
  billed_kwh                double precision NOT NULL,
  metered_kwh               double precision NOT NULL CHECK (metered_kwh >= 0),
  metered_minus_billed_kwh  double precision NOT NULL,
  drawn_kwh                 double precision,
  revenue                   numeric NOT NULL,
  activation_fee            numeric NOT NULL,
  discount                  numeric NOT NULL,
  charging_minutes          double precision NOT NULL CHECK (charging_minutes >= 0),
  peak_power_w              double precision,
  most_charging             smallint NOT NULL CHECK (most_charging >= 0),
  charging_events_change    integer NOT NULL,
  billed_kwh_change         double precision NOT NULL,
  metered_kwh_change        double precision NOT NULL,
  revenue_change            numeric NOT NULL,
  PRIMARY KEY (box, week)
);
CREATE INDEX charging_event_week_week ON charging_event_week (week, box);
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

CREATE TABLE charging_box_analysis (
  box                    integer NOT NULL,
  month                  date    NOT NULL CHECK (extract(day FROM month) = 1),
  active_customers       integer NOT NULL CHECK (active_customers >= 0),
  charging_events        integer NOT NULL CHECK (charging_events >= 0),
  billed_kwh             double precision NOT NULL,
  activation_fee         numeric NOT NULL,
  consumed_fee           numeric NOT NULL,
  discount               numeric NOT NULL,
  revenue                numeric NOT NULL,
  active_outlets         smallint NOT NULL CHECK (active_outlets >= 0),
  online_share           double precision CHECK (online_share BETWEEN 0 AND 1),
  charging_hours         double precision NOT NULL CHECK (charging_hours >= 0),
  online_outlet_hours    double precision NOT NULL CHECK (online_outlet_hours >= 0),
  utilization            double precision CHECK (utilization >= 0),
  utilization_by_events  double precision NOT NULL CHECK (utilization_by_events BETWEEN 0 AND 100),
  PRIMARY KEY (box, month)
);
CREATE INDEX charging_box_analysis_month ON charging_box_analysis (month, box);
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

CREATE TABLE charging_pattern (
  box                   integer  NOT NULL,
  month                 date     NOT NULL CHECK (extract(day FROM month) = 1),
  weekday               smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  hour                  smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),
  charging_events       integer  NOT NULL CHECK (charging_events >= 0),
  drawn_kwh             double precision NOT NULL CHECK (drawn_kwh >= 0),
  mean_outlets_charging double precision NOT NULL CHECK (mean_outlets_charging >= 0),
  PRIMARY KEY (month, box, weekday, hour)
);
COMMENT ON TABLE charging_pattern IS 'When a box is used: a row for each box, month, weekday and hour (in TIME_ZONE) in which something was billed or metered';
COMMENT ON COLUMN charging_pattern.box IS 'Number of the box';
COMMENT ON COLUMN charging_pattern.month IS 'First day of the calendar month';
COMMENT ON COLUMN charging_pattern.weekday IS '1 = Monday to 7 = Sunday';
COMMENT ON COLUMN charging_pattern.hour IS 'Hour of the day, 0 to 23';
COMMENT ON COLUMN charging_pattern.charging_events IS 'Charging events (valid transactions) that start in these hours';
COMMENT ON COLUMN charging_pattern.drawn_kwh IS 'Energy by the registers of the outlets, kWh';
COMMENT ON COLUMN charging_pattern.mean_outlets_charging IS 'Outlets in a metered session, on the mean over all these hours of the month that are past';

CREATE TABLE customer_month (
  customer         bigint  NOT NULL,
  month            date    NOT NULL CHECK (extract(day FROM month) = 1),
  charging_events  integer NOT NULL CHECK (charging_events >= 0),
  billed_kwh       double precision NOT NULL,
  revenue          numeric NOT NULL,
  first_event      timestamptz,
  last_event       timestamptz,
  favourite_box    integer,
  frequency        text    NOT NULL CHECK (frequency IN ('Frequent', 'Occasional', 'Rare')),
  energy           text    NOT NULL CHECK (energy IN ('High', 'Low')),
  state            text    NOT NULL CHECK (state IN ('new', 'returning', 'halved', 'steady', 'inactive')),
  PRIMARY KEY (customer, month),
  CHECK ((state = 'inactive') = (charging_events = 0))
);
CREATE INDEX customer_month_month ON customer_month (month, state);
COMMENT ON TABLE customer_month IS 'A row for each customer and month with charging events, or with some in the months before (INACTIVE_MONTHS)';
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

CREATE TABLE loyal_customers (
  customer         bigint  NOT NULL,
  month            date    NOT NULL CHECK (extract(day FROM month) = 1),
  charging_events  integer NOT NULL CHECK (charging_events > 0),
  billed_kwh       double precision NOT NULL,
  revenue          numeric NOT NULL,
  weeks_in_a_row   integer NOT NULL CHECK (weeks_in_a_row > 0),
  loyal_since      date    NOT NULL,
  rank             integer NOT NULL CHECK (rank > 0),
  PRIMARY KEY (customer, month)
);
CREATE INDEX loyal_customers_rank ON loyal_customers (month, rank);
COMMENT ON TABLE loyal_customers IS 'Customers who are loyal in a month: LOYAL_MIN_EVENTS charging events in it, and one in each of the LOYAL_MIN_WEEKS ISO weeks that ended last before its end, or before now';
COMMENT ON COLUMN loyal_customers.customer IS 'The customer, by eboost_user.id';
COMMENT ON COLUMN loyal_customers.month IS 'First day of the calendar month (in TIME_ZONE)';
COMMENT ON COLUMN loyal_customers.charging_events IS 'Charging events (valid transactions) that start in this month';
COMMENT ON COLUMN loyal_customers.billed_kwh IS 'Energy that was billed, kWh';
COMMENT ON COLUMN loyal_customers.revenue IS 'Sum of the total fees, VND';
COMMENT ON COLUMN loyal_customers.weeks_in_a_row IS 'ISO weeks with a charging event, without a break, up to the one that ended last';
COMMENT ON COLUMN loyal_customers.loyal_since IS 'First of the months, without a break, in which the customer was loyal';
COMMENT ON COLUMN loyal_customers.rank IS 'By revenue in this month, 1 = most; ties by customer number';
