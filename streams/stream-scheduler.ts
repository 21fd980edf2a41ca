import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { Deadlines } from './deadlines.ts';

/**
 * A scheduler whose time passes when it is told to: live by a clock, and in a replay as fast as it can be worked off.
 * All times in ms.
 */
export class StreamScheduler implements SchedulerLike {
  readonly #deadlines = new Deadlines();
  readonly #work = new Map<number, () => void>();
  #nowMs: number;
  #nextId = 0;

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** When the next work falls due, which may be past after `skipTo`, or Infinity. */
  get earliest(): number {
    return this.#deadlines.earliest;
  }

  /** Runs everything that falls due until then, in its order. Time never goes back. */
  advanceTo(nowMs: number): void {
    for (let due = this.#deadlines.takeDue(nowMs); due !== undefined; due = this.#deadlines.takeDue(nowMs)) {
      this.skipTo(due.at);
      const run = this.#work.get(due.key);
      this.#work.delete(due.key);
      run?.();
    }
    this.skipTo(nowMs);
  }

  /** Moves the time without running anything: what falls due until then waits. */
  skipTo(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    const action = new StreamAction(work, (run, ms) => this.#add(run, ms));
    return action.schedule(state, delay);
  }

  /** Gives what takes it away again. */
  #add(run: () => void, delayMs: number): () => void {
    const id = this.#nextId++;
    this.#work.set(id, run);
    this.#deadlines.set(id, this.#nowMs + delayMs);
    return () => {
      this.#work.delete(id);
      this.#deadlines.set(id, Number.POSITIVE_INFINITY);
    };
  }
}

class StreamAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #work: (this: SchedulerAction<T>, state?: T) => void;
  readonly #add: (run: () => void, delayMs: number) => () => void;

  constructor(
    work: (this: SchedulerAction<T>, state?: T) => void,
    add: (run: () => void, delayMs: number) => () => void,
  ) {
    super();
    this.#work = work;
    this.#add = add;
  }

  schedule(state?: T, delay = 0): Subscription {
    const take = this.#add(() => {
      this.remove(waiting);
      this.#work.call(this, state);
    }, delay);
    const waiting = new Subscription(take);
    this.add(waiting);
    return this;
  }
}
