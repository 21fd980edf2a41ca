import type { Observable, SchedulerLike } from 'rxjs';
import type { Observation } from '../../../streams/observation.ts';
import { sampleUtilization } from '../../../streams/sample-utilization.ts';
import { toUtilizationPoint } from '../../../streams/to-utilization-point.ts';
import type { UtilizationRules } from '../../../streams/utilization.ts';
import type { UtilizationPoint } from '../../../streams/utilization-point.ts';
import type { UtilizationReducer } from '../../../streams/utilization-reducer.ts';
import type { Config } from '../../config.ts';

/** The energy registers and meters of all boxes over time, from what they say. */
export function utilization(
  observations$: Observable<Observation>,
  rules: UtilizationRules,
  scheduler?: SchedulerLike,
  createReducer?: () => UtilizationReducer,
): Observable<UtilizationPoint> {
  return observations$.pipe(sampleUtilization(rules, scheduler, createReducer), toUtilizationPoint());
}

/** The rules as the environment sets them. */
export function utilizationRules(config: Config): UtilizationRules {
  return { intervalMs: config.UTILIZATION_INTERVAL, silentAfterMs: config.SILENT_AFTER };
}
