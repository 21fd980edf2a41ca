import {
  asyncScheduler,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import type { Deadlines } from './deadlines.ts';

/**
 * A state machine over many keys, driven by its inputs and by the deadlines that it sets itself. It knows
 * neither RxJS nor a clock: the same inputs and deadlines give the same outputs, live or from a log.
 */
export interface KeyedReducer<I, O> {
  readonly deadlines: Deadlines;
  fold(input: I, emit: (output: O) => void): void;
  /** The deadline of `key` came at `at` (ms). */
  expire(key: number, at: number, emit: (output: O) => void): void;
}

/** Lets everything expire that falls due at or before `at` (ms), in the order of time. */
export function expireUntil<I, O>(reducer: KeyedReducer<I, O>, at: number, emit: (output: O) => void): void {
  for (let due = reducer.deadlines.takeDue(at); due !== undefined; due = reducer.deadlines.takeDue(at)) {
    reducer.expire(due.key, due.at, emit);
  }
}

/** A timer cannot be set further ahead; one that comes too early is set again. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Runs a keyed reducer on a stream: one subscription, one map and one timer for all keys. What falls due at
 * or before the arrival of an input comes before it, whichever the scheduler would have run first.
 */
export function reduceKeyed<I extends { readonly receivedAt: number }, O>(
  createReducer: () => KeyedReducer<I, O>,
  scheduler: SchedulerLike = asyncScheduler,
): OperatorFunction<I, O> {
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

      subscriber.add(
        source.subscribe({
          next: (input) => {
            expireUntil(reducer, input.receivedAt, emit);
            reducer.fold(input, emit);
            armTimer();
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
