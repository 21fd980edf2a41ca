import type { Deadlines } from './deadlines.ts';
import { type Observation, observedUntil } from './observation.ts';

/**
 * A state machine over many keys, driven by what is observed and by the deadlines that it sets itself. It knows
 * neither RxJS nor a clock: the same observations and deadlines give the same outputs, live or from a log.
 */
export interface KeyedReducer<O> {
  readonly deadlines: Deadlines;
  fold(observation: Observation, emit: (output: O) => void): void;
  /** The deadline of `key` came at `at` (ms). */
  expire(key: number, at: number, emit: (output: O) => void): void;
  /** The deadline of `key` came at `at` (ms), and the log shows that nothing was recorded of it. */
  lapse(key: number, at: number): void;
}

/** What a reducer knew of its boxes, to go on from there: plain data that JSON keeps exactly. */
export interface Snapshot<B> {
  /** When it was exported, ms. */
  readonly atMs: number;
  readonly boxes: Iterable<B>;
}

/** Lets everything expire that falls due at or before `at` (ms), in the order of time. */
export function expireUntil<O>(reducer: KeyedReducer<O>, at: number, emit: (output: O) => void): void {
  for (let due = reducer.deadlines.takeDue(at); due !== undefined; due = reducer.deadlines.takeDue(at)) {
    reducer.expire(due.key, due.at, emit);
  }
}

/** Folds what was just observed. What falls due at or before its arrival comes before it, but for what no one observed. */
export function foldLive<O>(
  reducer: KeyedReducer<O>,
  observation: Observation,
  emit: (output: O) => void,
): void {
  expireUntil(reducer, observedUntil(observation), emit);
  reducer.fold(observation, emit);
}

/**
 * Folds what was observed before, from a log in which everything that was recorded stands before what was observed
 * after it: a deadline that has come and of which nothing was recorded has lapsed. Settings that have changed since, or
 * a newer version, decide nothing anew.
 */
export function foldRecorded<O>(
  reducer: KeyedReducer<O>,
  observation: Observation,
  emit: (output: O) => void,
): void {
  if (observation.kind === 'unobserved') {
    foldLive(reducer, observation, emit);
    return;
  }
  const { deadlines } = reducer;
  for (
    let due = deadlines.takeDue(observation.receivedAt);
    due !== undefined;
    due = deadlines.takeDue(observation.receivedAt)
  ) {
    reducer.lapse(due.key, due.at);
  }
  reducer.fold(observation, emit);
}
