-- What the photographs tell: metered sessions, energy and use by the hour, which outlets there are, when boxes were online.

CREATE TABLE charging_session (
  box                integer     NOT NULL CHECK (box >= 0),
  outlet             smallint    NOT NULL CHECK (outlet BETWEEN 0 AND 9),
  start_time         timestamptz NOT NULL,
  end_time           timestamptz CHECK (end_time >= start_time),
  last_photograph    timestamptz NOT NULL,
  day                date        NOT NULL,
  metered_kwh        double precision NOT NULL CHECK (metered_kwh >= 0),
  peak_power_w       double precision,
  mean_power_factor  double precision,
  recovered          boolean     NOT NULL,
  abandoned          boolean     NOT NULL,
  transaction_id     bigint,
  PRIMARY KEY (box, outlet, start_time)
);
CREATE INDEX charging_session_start_time ON charging_session (start_time);
CREATE INDEX charging_session_day ON charging_session (day, box);
CREATE INDEX charging_session_transaction ON charging_session (transaction_id) WHERE transaction_id IS NOT NULL;
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

CREATE TABLE box_hour (
  box            integer     NOT NULL,
  hour           timestamptz NOT NULL,
  drawn_kwh      double precision NOT NULL CHECK (drawn_kwh >= 0),
  charging_s     double precision NOT NULL CHECK (charging_s >= 0),
  most_charging  smallint    NOT NULL CHECK (most_charging >= 0),
  peak_power_w   double precision NOT NULL CHECK (peak_power_w >= 0),
  PRIMARY KEY (hour, box)
);
COMMENT ON TABLE box_hour IS 'Use of each box by hour, as the photographs tell it: a row where anything was drawn or charged';
COMMENT ON COLUMN box_hour.box IS 'Number of the box';
COMMENT ON COLUMN box_hour.hour IS 'Start of the hour';
COMMENT ON COLUMN box_hour.drawn_kwh IS 'Energy by the registers of its outlets, kWh; the increase between two photographs is spread evenly over the time between them, at most the last 24 hours of it';
COMMENT ON COLUMN box_hour.charging_s IS 'Time that its outlets were in a metered session in this hour, added up, s';
COMMENT ON COLUMN box_hour.most_charging IS 'Most outlets in a metered session at once';
COMMENT ON COLUMN box_hour.peak_power_w IS 'Highest power of all its outlets together, W';

CREATE TABLE energy_outside_session (
  box      integer  NOT NULL,
  outlet   smallint NOT NULL,
  day      date     NOT NULL,
  drawn_kwh double precision NOT NULL CHECK (drawn_kwh > 0),
  PRIMARY KEY (box, outlet, day)
);
CREATE INDEX energy_outside_session_day ON energy_outside_session (day);
COMMENT ON TABLE energy_outside_session IS 'Energy that outlets drew outside of any metered session';
COMMENT ON COLUMN energy_outside_session.box IS 'Number of the box';
COMMENT ON COLUMN energy_outside_session.outlet IS 'Outlet of the box, 0 to 9';
COMMENT ON COLUMN energy_outside_session.day IS 'Business day of the photographs that show it';
COMMENT ON COLUMN energy_outside_session.drawn_kwh IS 'Energy by the increases of the register, kWh';

CREATE TABLE outlet_installation (
  box        integer     NOT NULL,
  outlet     smallint    NOT NULL,
  since      timestamptz NOT NULL,
  installed  boolean     NOT NULL,
  PRIMARY KEY (box, outlet, since)
);
COMMENT ON TABLE outlet_installation IS 'Since when an outlet is installed, or is not (status 6)';
COMMENT ON COLUMN outlet_installation.box IS 'Number of the box';
COMMENT ON COLUMN outlet_installation.outlet IS 'Outlet of the box, 0 to 9';
COMMENT ON COLUMN outlet_installation.since IS 'The photograph that showed it first';
COMMENT ON COLUMN outlet_installation.installed IS 'Whether it is installed from then on';

CREATE TABLE box_connection (
  box     integer     NOT NULL,
  at      timestamptz NOT NULL,
  online  boolean     NOT NULL,
  PRIMARY KEY (box, at)
);
CREATE INDEX box_connection_at ON box_connection (at);
COMMENT ON TABLE box_connection IS 'Whether a box can be reached, from each connection point on';
COMMENT ON COLUMN box_connection.box IS 'Number of the box';
COMMENT ON COLUMN box_connection.at IS 'Time of the point';
COMMENT ON COLUMN box_connection.online IS 'Online and not silent, until the next point';

CREATE TABLE unobserved_time (
  at         timestamptz PRIMARY KEY,
  from_time  timestamptz NOT NULL,
  to_time    timestamptz NOT NULL CHECK (to_time >= from_time)
);
COMMENT ON TABLE unobserved_time IS 'Time in which Evida recorded nothing; it is left out of online time';
COMMENT ON COLUMN unobserved_time.at IS 'Time of the gap point that says so';
COMMENT ON COLUMN unobserved_time.from_time IS 'The last thing that was recorded before it';
COMMENT ON COLUMN unobserved_time.to_time IS 'When Evida started again';

-- Hours of the boxes take its place.
DROP TABLE drawn_energy_day;
