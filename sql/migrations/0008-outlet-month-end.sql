-- What was last known of each outlet towards the end of each month: where the sessions of the month after go on from. Asking
-- InfluxDB for the last point of each outlet, whenever it was, takes longer than the sessions themselves.

CREATE TABLE outlet_month_end (
  month       date     NOT NULL CHECK (extract(day FROM month) = 1),
  box         integer  NOT NULL,
  outlet      smallint NOT NULL,
  status_at   timestamptz,
  status      smallint,
  energy_at   timestamptz,
  energy_kwh  double precision,
  PRIMARY KEY (month, box, outlet),
  CHECK ((status IS NULL) = (status_at IS NULL)),
  CHECK ((energy_kwh IS NULL) = (energy_at IS NULL))
);
COMMENT ON TABLE outlet_month_end IS 'What the photographs had told of each outlet an hour and SESSION_MERGE_GAP before the end of a month';
COMMENT ON COLUMN outlet_month_end.month IS 'First day of the calendar month (in TIME_ZONE)';
COMMENT ON COLUMN outlet_month_end.box IS 'Number of the box';
COMMENT ON COLUMN outlet_month_end.outlet IS 'Outlet of the box, 0 to 9';
COMMENT ON COLUMN outlet_month_end.status_at IS 'Last photograph with a status until then';
COMMENT ON COLUMN outlet_month_end.status IS 'Its status';
COMMENT ON COLUMN outlet_month_end.energy_at IS 'Last photograph with the energy register until then';
COMMENT ON COLUMN outlet_month_end.energy_kwh IS 'Its register, kWh';
