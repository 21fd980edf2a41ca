import type { Log } from '../log.ts';
import type { Timing } from './timing.ts';
import type { WriteError } from './write-error.ts';

/** Pauses double from the first to the most; a random part of each is waited, so that senders do not knock together. */
export const BACKOFF_MS = { first: 500, most: 30_000 };
/** How often somebody may have mended what InfluxDB refuses. */
const HOLD_MS = 30_000;

/** Why points wait: `waiting` for InfluxDB, or `held` until somebody mends rights or names. */
export interface Refusal {
  readonly state: 'waiting' | 'held';
  readonly error: WriteError;
  /** How long until it is tried again. */
  readonly pauseMs: number;
}

interface Waiter {
  readonly order: number;
  readonly resolve: (ticket: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets the requests of a sender through. While InfluxDB refuses, they wait together, and after each pause one of them,
 * the first by its order, tries for all.
 */
export class InfluxGate {
  readonly #timing: Timing;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #onChange: () => void;
  readonly #waiters: Waiter[] = [];
  #refusal: Refusal | undefined;
  /** The pause that goes on, to end it. */
  #pause: AbortController | undefined;
  #isTrying = false;
  #failures = 0;
  /** Counts the times it closed: an answer to a request from before says nothing new. */
  #closings = 0;

  /** @param onChange is called whenever `refusal` has changed */
  constructor(timing: Timing, log: Log, signal: AbortSignal, onChange: () => void) {
    this.#timing = timing;
    this.#log = log;
    this.#signal = signal;
    this.#onChange = onChange;
    signal.addEventListener('abort', () => this.#giveUp(), { once: true });
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Resolves when a request may be sent, with the ticket for its answer. Rejects once the signal is aborted. */
  async enter(order: number): Promise<number> {
    this.#signal.throwIfAborted();
    if (this.#refusal === undefined) return this.#closings;
    const entered = new Promise<number>((resolve, reject) => {
      this.#waiters.push({ order, resolve, reject });
    });
    this.#letOneTry();
    return await entered;
  }

  /** InfluxDB has answered for good. */
  answered(ticket: number): void {
    if (ticket !== this.#closings || this.#refusal === undefined) return;
    this.#log.info({ failures: this.#failures }, 'InfluxDB takes points again');
    this.#refusal = undefined;
    this.#isTrying = false;
    this.#failures = 0;
    for (const { resolve } of this.#waiters.splice(0)) resolve(this.#closings);
    this.#onChange();
  }

  /** The request is to be made again, as it is. */
  refused(ticket: number, error: WriteError): void {
    if (ticket !== this.#closings) return;
    const state = error.failure === 'denied' ? 'held' : 'waiting';
    const pauseMs = state === 'held' ? HOLD_MS : (error.retryAfterMs ?? this.#backoffMs());
    if (this.#refusal?.error.answer !== error.answer) {
      const { message, hint } = error;
      this.#log[state === 'held' ? 'error' : 'warn'](
        { error: message, hint, pauseMs },
        'points wait for InfluxDB',
      );
    }
    this.#closings++;
    this.#failures++;
    this.#isTrying = false;
    this.#refusal = { state, error, pauseMs };
    void this.#pauseFor(pauseMs);
    this.#onChange();
  }

  /** Ends the pause, if there is one. */
  poke(): void {
    this.#pause?.abort();
  }

  #backoffMs(): number {
    const mostMs = Math.min(BACKOFF_MS.first * 2 ** this.#failures, BACKOFF_MS.most);
    return Math.ceil(mostMs * this.#timing.random());
  }

  async #pauseFor(ms: number): Promise<void> {
    const pause = new AbortController();
    this.#pause = pause;
    await this.#timing.delay(ms, pause.signal).catch(() => undefined);
    this.#pause = undefined;
    this.#letOneTry();
  }

  #letOneTry(): void {
    if (this.#pause !== undefined || this.#isTrying || this.#signal.aborted) return;
    const order = Math.min(...this.#waiters.map((waiter) => waiter.order));
    const index = this.#waiters.findIndex((waiter) => waiter.order === order);
    const [first] = index === -1 ? [] : this.#waiters.splice(index, 1);
    if (first === undefined) return;
    this.#isTrying = true;
    first.resolve(this.#closings);
  }

  #giveUp(): void {
    this.poke();
    for (const { reject } of this.#waiters.splice(0)) reject(this.#signal.reason);
  }
}
