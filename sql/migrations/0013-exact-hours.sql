-- Hours are summed up again and again, and exactly. As double precision, each sum began with turning them into numeric; the sum
-- of whole milliseconds is a number that Postgres keeps in a register.

ALTER TABLE box_hour ALTER COLUMN drawn_kwh TYPE numeric USING drawn_kwh::numeric;
ALTER TABLE box_hour ALTER COLUMN charging_s TYPE integer USING (charging_s * 1000)::integer;
ALTER TABLE box_hour RENAME COLUMN charging_s TO charging_ms;
COMMENT ON COLUMN box_hour.charging_ms IS 'Time that its outlets were in a metered session in this hour, added up, ms';
