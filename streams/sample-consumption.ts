import type { OperatorFunction, SchedulerLike } from 'rxjs';
import { type Consumption, ConsumptionReducer } from './consumption-reducer.ts';
import { reduceKeyed } from './keyed-reducer.ts';
import type { Readings } from './reading.ts';

/** The energy register of each outlet while it moves, at most once in `intervalMs`. */
export function sampleConsumption(
  intervalMs: number,
  scheduler?: SchedulerLike,
): OperatorFunction<Readings, Consumption> {
  return reduceKeyed(() => new ConsumptionReducer(intervalMs), scheduler);
}
