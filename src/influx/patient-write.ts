import type { Log } from '../log.ts';
import { InfluxGate, type Refusal } from './influx-gate.ts';
import type { Timing } from './timing.ts';
import type { WriteBatch } from './write-batch.ts';
import { WriteError } from './write-error.ts';

/** The last failure of a write. */
export interface LastError {
  readonly message: string;
  readonly hint: string | undefined;
  readonly at: number;
}

/** Makes each request again until InfluxDB has answered it for good. */
export class PatientWrite {
  requests = 0;
  retries = 0;
  /** Requests by their answer: the HTTP status, `timeout`, `unreachable`. */
  readonly answers = new Map<string, number>();
  lastError: LastError | undefined;
  readonly #write: WriteBatch;
  readonly #timing: Timing;
  readonly #signal: AbortSignal;
  readonly #gate: InfluxGate;

  /** @param onChange is called whenever `refusal` has changed */
  constructor(write: WriteBatch, timing: Timing, log: Log, signal: AbortSignal, onChange: () => void) {
    this.#write = write;
    this.#timing = timing;
    this.#signal = signal;
    this.#gate = new InfluxGate(timing, log, signal, onChange);
  }

  /** Why requests wait, if they do. */
  get refusal(): Refusal | undefined {
    return this.#gate.refusal;
  }

  /** Tries at once what waits. */
  poke(): void {
    this.#gate.poke();
  }

  /**
   * Writes lines to a bucket.
   * @param order of requests that wait, the lowest is tried first
   * @param lines is asked again for each attempt
   * @returns what is wrong with these lines, `too-large` or `invalid`; undefined once they are confirmed
   * @throws the reason of the signal once it is aborted
   */
  async write(
    order: number,
    bucket: string,
    lines: () => readonly string[],
  ): Promise<WriteError | undefined> {
    for (let attempt = 1; ; attempt++) {
      const ticket = await this.#gate.enter(order);
      this.requests++;
      if (attempt > 1) this.retries++;
      const error = await this.#tryOnce(bucket, lines());
      this.#count(error?.answer ?? 'written');
      if (error === undefined || error.failure === 'too-large' || error.failure === 'invalid') {
        this.#gate.answered(ticket);
        return error;
      }
      this.#gate.refused(ticket, error);
    }
  }

  async #tryOnce(bucket: string, lines: readonly string[]): Promise<WriteError | undefined> {
    try {
      await this.#write(bucket, lines, this.#signal);
      return undefined;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!(error instanceof WriteError)) throw error;
      this.lastError = { message: error.message, hint: error.hint, at: this.#timing.now() };
      return error;
    }
  }

  #count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }
}
