import type { Observable, SchedulerLike } from 'rxjs';
import type { Observation } from '../../../streams/observation.ts';
import type { PhotographRules } from '../../../streams/photograph.ts';
import type { PhotographReducer } from '../../../streams/photograph-reducer.ts';
import type { PhotographPoint } from '../../../streams/point.ts';
import { settlePhotograph } from '../../../streams/settle-photograph.ts';
import { toPhotographPoint } from '../../../streams/to-photograph-point.ts';
import { kwhToJoule } from '../../../streams/units.ts';
import type { Thresholds } from '../../config.ts';

/** The photographs of all outlets, from what their boxes say. */
export function photographs(
  observations$: Observable<Observation>,
  rules: PhotographRules,
  scheduler?: SchedulerLike,
  createReducer?: () => PhotographReducer,
): Observable<PhotographPoint> {
  return observations$.pipe(settlePhotograph(rules, scheduler, createReducer), toPhotographPoint());
}

/** The rules as the environment sets them, in the units of the wire. */
export function photographRules(config: Thresholds): PhotographRules {
  return {
    currentDeadbandMa: Math.round(config.PHOTOGRAPH_CURRENT_DEADBAND_A * 1000),
    powerFactorDeadband: config.PHOTOGRAPH_POWER_FACTOR_DEADBAND,
    voltageDeadbandV: config.PHOTOGRAPH_VOLTAGE_DEADBAND_V,
    energyDeadbandJ: Math.round(kwhToJoule(config.PHOTOGRAPH_ENERGY_DEADBAND_KWH)),
    intervalMs: config.PHOTOGRAPH_INTERVAL,
    idleIntervalMs: config.PHOTOGRAPH_IDLE_INTERVAL,
    settleMs: config.PHOTOGRAPH_SETTLE,
    settleMaxMs: config.PHOTOGRAPH_SETTLE_MAX,
    changeMinIntervalMs: config.PHOTOGRAPH_CHANGE_MIN_INTERVAL,
    silentAfterMs: config.SILENT_AFTER,
  };
}
