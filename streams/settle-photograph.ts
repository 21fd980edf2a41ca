import type { OperatorFunction, SchedulerLike } from 'rxjs';
import { reduceKeyed } from './keyed-reducer.ts';
import type { Photograph, PhotographRules } from './photograph.ts';
import { PhotographReducer } from './photograph-reducer.ts';
import type { Readings } from './reading.ts';

/** Folds readings into outlets and takes a photograph of each event once its messages have settled. */
export function settlePhotograph(
  rules: PhotographRules,
  scheduler?: SchedulerLike,
): OperatorFunction<Readings, Photograph> {
  return reduceKeyed(() => new PhotographReducer(rules), scheduler);
}
