import type { Observable, SchedulerLike } from 'rxjs';
import type { Readings } from '../../../streams/reading.ts';
import { sampleUtilization } from '../../../streams/sample-utilization.ts';
import { toUtilizationPoint, type UtilizationPoint } from '../../../streams/to-utilization-point.ts';
import type { UtilizationRules } from '../../../streams/utilization.ts';
import type { Config } from '../../config.ts';

/** The energy registers and meters of all boxes over time, from what they say. */
export function utilization(
  readings$: Observable<Readings>,
  rules: UtilizationRules,
  scheduler?: SchedulerLike,
): Observable<UtilizationPoint> {
  return readings$.pipe(sampleUtilization(rules, scheduler), toUtilizationPoint());
}

/** The rules as the environment sets them. */
export function utilizationRules(config: Config): UtilizationRules {
  return { intervalMs: config.UTILIZATION_INTERVAL, silentAfterMs: config.SILENT_AFTER };
}
