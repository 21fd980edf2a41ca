-- Where a run over photographs goes on from, also in the middle of a month: asking InfluxDB for the last point of each outlet
-- takes longer than the sessions themselves.

DROP TABLE outlet_month_end;

CREATE TABLE outlet_known (
  day         date     NOT NULL,
  box         integer  NOT NULL,
  outlet      smallint NOT NULL,
  status_at   timestamptz,
  status      smallint,
  energy_at   timestamptz,
  energy_kwh  double precision,
  PRIMARY KEY (day, box, outlet),
  CHECK ((status IS NULL) = (status_at IS NULL)),
  CHECK ((energy_kwh IS NULL) = (energy_at IS NULL))
);
COMMENT ON TABLE outlet_known IS 'What the photographs had told of each outlet before a business day, an hour and SESSION_MERGE_GAP before it begins: for the first and last day of each month, and the latest two days';
COMMENT ON COLUMN outlet_known.day IS 'Business day';
COMMENT ON COLUMN outlet_known.box IS 'Number of the box';
COMMENT ON COLUMN outlet_known.outlet IS 'Outlet of the box, 0 to 9';
COMMENT ON COLUMN outlet_known.status_at IS 'Last photograph with a status until then';
COMMENT ON COLUMN outlet_known.status IS 'Its status';
COMMENT ON COLUMN outlet_known.energy_at IS 'Last photograph with the energy register until then';
COMMENT ON COLUMN outlet_known.energy_kwh IS 'Its register, kWh';

-- One that leaves out sessions without a transaction looks empty to the planner until statistics are taken again.
DROP INDEX charging_session_transaction;
CREATE INDEX charging_session_transaction ON charging_session (transaction_id);

CREATE INDEX charging_session_open ON charging_session (start_time) WHERE end_time IS NULL;
CREATE INDEX charging_session_end_time ON charging_session (end_time);

COMMENT ON COLUMN migration.name IS 'Its file, without its ending; a view as view/name';
COMMENT ON COLUMN migration.sha256 IS 'Hash of its content';
COMMENT ON COLUMN migration.applied_at IS 'When it ran last';
