-- Where the photographs of one run are laid, and what is found of their order; both go with its transaction.
CREATE TEMPORARY TABLE photograph (
  box           integer     NOT NULL,
  outlet        smallint    NOT NULL,
  at            timestamptz NOT NULL,
  status        smallint,
  power_w       double precision,
  power_factor  double precision,
  energy_kwh    double precision,
  backlog       boolean
) ON COMMIT DROP;

CREATE TEMPORARY TABLE reopened_session (
  box         integer     NOT NULL,
  outlet      smallint    NOT NULL,
  start_time  timestamptz NOT NULL
) ON COMMIT DROP;

CREATE TEMPORARY TABLE photograph_in_order (
  box            integer     NOT NULL,
  outlet         smallint    NOT NULL,
  at             timestamptz NOT NULL,
  status         smallint,
  status_before  smallint,
  until          timestamptz, -- the next photograph with a status
  power_w        double precision,
  power_factor   double precision,
  drawn_kwh      double precision, -- since the last known register
  drawn_since    timestamptz,
  backlog        boolean,
  is_left        boolean  NOT NULL, -- status 2 ends here
  session        bigint   NOT NULL  -- the number of the outlet's session that began last, 0 before the first
) ON COMMIT DROP
