import type { OperatorFunction, SchedulerLike } from 'rxjs';
import { reduceKeyed } from './keyed-reducer.ts';
import type { Readings } from './reading.ts';
import type { UtilizationRules, UtilizationSample } from './utilization.ts';
import { UtilizationReducer } from './utilization-reducer.ts';

/** Energy registers and meters while they move, at most once an interval, and all of them at each full hour. */
export function sampleUtilization(
  rules: UtilizationRules,
  scheduler?: SchedulerLike,
): OperatorFunction<Readings, UtilizationSample> {
  return reduceKeyed(() => new UtilizationReducer(rules), scheduler);
}
