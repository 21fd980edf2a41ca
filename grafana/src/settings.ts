import { z } from 'zod';
import { DEFINITIONS, VARIABLES } from '../../src/variables.ts';

/**
 * What the dashboards need of Evida's configuration and cannot read while they are shown. They are emitted with the values
 * of the environment (`npm run dashboards`); those in the repository have the defaults.
 */
const Settings = z.object({
  TIME_ZONE: VARIABLES.TIME_ZONE,
  INFLUX_TELEMETRY_BUCKET: VARIABLES.INFLUX_TELEMETRY_BUCKET,
  INFLUX_HISTORY_BUCKET: VARIABLES.INFLUX_HISTORY_BUCKET,
  INFLUX_OPERATIONS_BUCKET: VARIABLES.INFLUX_OPERATIONS_BUCKET,
  PHOTOGRAPH_INTERVAL: VARIABLES.PHOTOGRAPH_INTERVAL,
  SILENT_AFTER: VARIABLES.SILENT_AFTER,
  PHOTOGRAPH_CURRENT_DEADBAND_A: VARIABLES.PHOTOGRAPH_CURRENT_DEADBAND_A,
  PHOTOGRAPH_POWER_FACTOR_DEADBAND: VARIABLES.PHOTOGRAPH_POWER_FACTOR_DEADBAND,
  PHOTOGRAPH_VOLTAGE_DEADBAND_V: VARIABLES.PHOTOGRAPH_VOLTAGE_DEADBAND_V,
  PHOTOGRAPH_ENERGY_DEADBAND_KWH: VARIABLES.PHOTOGRAPH_ENERGY_DEADBAND_KWH,
  SESSION_ABANDONED_AFTER: DEFINITIONS.SESSION_ABANDONED_AFTER,
});
export type Settings = Readonly<z.output<typeof Settings>>;

export const DEFAULTS: Settings = Settings.parse({});

/** Empty counts as not given. @throws ZodError if the environment has something wrong in it */
export function settingsOf(environment: Readonly<Record<string, string | undefined>>): Settings {
  return Settings.parse(Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')));
}
