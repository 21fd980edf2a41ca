import {
  asyncScheduler,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import { expireUntil, foldLive, type KeyedReducer } from './keyed-reducer.ts';
import type { Observation } from './observation.ts';

/** A timer cannot be set further ahead; one that comes too early is set again. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Runs a keyed reducer on a stream: one subscription, one map and one timer for all keys. What falls due at
 * or before the arrival of an input comes before it, whichever the scheduler would have run first.
 */
export function reduceKeyed<O>(
  createReducer: () => KeyedReducer<O>,
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<Observation, O> {
  return (source) =>
    new Observable<O>((subscriber) => {
      const reducer = createReducer();
      const emit = (output: O): void => subscriber.next(output);
      let timer: Subscription | undefined;
      let timerAt = Number.POSITIVE_INFINITY;

      const armTimer = (): void => {
        const { earliest } = reducer.deadlines;
        if (earliest >= timerAt) return;
        timer?.unsubscribe();
        timerAt = earliest;
        timer = scheduler.schedule(onTimer, Math.min(Math.max(0, earliest - scheduler.now()), MAX_DELAY_MS));
        subscriber.add(timer);
      };
      const onTimer = (): void => {
        if (timer !== undefined) subscriber.remove(timer);
        timer = undefined;
        timerAt = Number.POSITIVE_INFINITY;
        expireUntil(reducer, scheduler.now(), emit);
        if (!subscriber.closed) armTimer();
      };

      // A reducer that was recovered from a log has deadlines already.
      armTimer();
      subscriber.add(
        source.subscribe({
          next: (observation) => {
            foldLive(reducer, observation, emit);
            armTimer();
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
