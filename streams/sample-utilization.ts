import type { OperatorFunction, SchedulerLike } from 'rxjs';
import type { Observation } from './observation.ts';
import { reduceKeyed } from './reduce-keyed.ts';
import type { UtilizationRules, UtilizationSample } from './utilization.ts';
import { UtilizationReducer } from './utilization-reducer.ts';

/**
 * Energy registers and meters while they move, at most once an interval, and all of them at each full hour.
 * @param createReducer gives the state to begin with: none, or one that was recovered from a log
 */
export function sampleUtilization(
  rules: UtilizationRules,
  scheduler?: SchedulerLike,
  createReducer = () => new UtilizationReducer(rules),
): OperatorFunction<Observation, UtilizationSample> {
  return reduceKeyed(createReducer, scheduler);
}
