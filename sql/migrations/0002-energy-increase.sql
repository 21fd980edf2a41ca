-- How much an energy register grew between two readings. In Flux it is flux/functions/energy-increases.flux.
-- Not STRICT, which would keep Postgres from inlining it. NaN sorts above infinity, so that one comparison refuses both.

CREATE FUNCTION energy_increase(previous double precision, current double precision) RETURNS double precision
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN previous < 'Infinity' AND current < 'Infinity'
              THEN current - CASE WHEN current < previous THEN 0 ELSE previous END
         END;
COMMENT ON FUNCTION energy_increase IS
  'Increase of an energy register, kWh, from one known value to the next; the new value if it fell, since then it was reset; null if either is unknown. Rows without a value must be left out before lag, or the increase after them is lost';
