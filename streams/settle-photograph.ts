import type { OperatorFunction, SchedulerLike } from 'rxjs';
import type { Observation } from './observation.ts';
import type { Photograph, PhotographRules } from './photograph.ts';
import { PhotographReducer } from './photograph-reducer.ts';
import { reduceKeyed } from './reduce-keyed.ts';

/**
 * Folds readings into outlets and takes a photograph of each event once its messages have settled.
 * @param createReducer gives the state to begin with: none, or one that was recovered from a log
 */
export function settlePhotograph(
  rules: PhotographRules,
  scheduler?: SchedulerLike,
  createReducer = () => new PhotographReducer(rules),
): OperatorFunction<Observation, Photograph> {
  return reduceKeyed(createReducer, scheduler);
}
