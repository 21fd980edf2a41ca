import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { Deadlines } from '../streams/deadlines.ts';

/** A scheduler whose time passes when it is told to: hours of traffic run as fast as they can be worked off. */
export class ManualScheduler implements SchedulerLike {
  readonly #deadlines = new Deadlines();
  readonly #work = new Map<number, () => void>();
  #nowMs = 0;
  #nextId = 0;

  now(): number {
    return this.#nowMs;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    const action = new ManualAction(work, (run, ms) => this.#add(run, ms));
    return action.schedule(state, delay);
  }

  /** Runs everything that falls due until then, ms, in its order. */
  advanceTo(nowMs: number): void {
    for (let due = this.#deadlines.takeDue(nowMs); due !== undefined; due = this.#deadlines.takeDue(nowMs)) {
      this.#nowMs = Math.max(this.#nowMs, due.at);
      const run = this.#work.get(due.key);
      this.#work.delete(due.key);
      run?.();
    }
    this.#nowMs = nowMs;
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

class ManualAction<T> extends Subscription implements SchedulerAction<T> {
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
