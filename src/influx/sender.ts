import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Batch, BatchReader } from './batch.ts';
import { type BucketNames, type DeadPoint, deliverBatch } from './deliver-batch.ts';
import { InFlight, type Sent } from './in-flight.ts';
import { BACKOFF_MS } from './influx-gate.ts';
import { type LastError, PatientWrite } from './patient-write.ts';
import type { PointSource } from './point-source.ts';
import { systemTiming, type Timing } from './timing.ts';
import type { WriteBatch } from './write-batch.ts';

/** Two keep InfluxDB at work while the next batch is made ready: 200,000 points/s on one machine, against 109,000 with one and 168,000 with four. */
const MOST_IN_FLIGHT = 2;
/** What was committed waits so long for more to share its request. */
const LINGER_MS = 50;
/**
 * Repeated for longer than this, `write_log` gets a new time: who reads it from the last time on looks back for what came
 * late, but not for ever.
 */
const SAME_SENDING_MS = 10 * 60_000;

export type { Sent };

export interface SenderOptions {
  readonly source: PointSource;
  readonly write: WriteBatch;
  readonly buckets: BucketNames;
  /** Is called in the order of the log. Without points, only other records were passed: that need not be remembered. */
  readonly onSent: (sent: Sent) => void;
  /** Keeps a dead letter; until it resolves, nothing behind the point is reported as sent. If it rejects, it is asked again. */
  readonly onDead: (point: DeadPoint) => Promise<void>;
  readonly timing?: Timing;
  readonly log: Log;
}

export interface SenderStats {
  /** `waiting`: InfluxDB is away or busy; `held`: it refuses until somebody mends rights or names. */
  readonly state: 'idle' | 'sending' | 'waiting' | 'held';
  /** Since when, ms UTC. */
  readonly since: number;
  readonly lastError: LastError | undefined;
  /** Points that were reported as confirmed, and as dead letters. */
  readonly written: number;
  readonly dead: number;
  /** The last sequence that was reported; 0 before the first report. */
  readonly through: number;
  /** Time of the oldest point that is not answered for, ms UTC; undefined if there is none. */
  readonly oldestAtMs: number | undefined;
  readonly inFlight: { readonly batches: number; readonly points: number; readonly bytes: number };
  readonly requests: number;
  /** Those of the requests that repeated another. */
  readonly retries: number;
  /** Requests by their answer: `written`, the HTTP status, `timeout`, `unreachable`. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Why requests are given up when the sender is stopped. */
const GIVEN_UP = new Error('the sender was stopped');

/**
 * Sends the points of the log to InfluxDB, and says how far it got. A batch is repeated until there is an answer for
 * good; that of a later batch is held back until the earlier ones have theirs.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #timing: Timing;
  readonly #reader: BatchReader;
  readonly #write: PatientWrite;
  readonly #inFlight: InFlight;
  readonly #stopping = new AbortController();
  readonly #aborted = new AbortController();
  #running: Promise<void> | undefined;
  #giveUpAfterMs = Number.POSITIVE_INFINITY;
  #batches = 0;
  #lastSendingTime = 0;
  #state: SenderStats['state'] = 'idle';
  #since: number;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
    this.#reader = new BatchReader(options.source);
    this.#inFlight = new InFlight(options.onSent);
    this.#since = this.#timing.now();
    const onChange = () => this.#noteState();
    this.#write = new PatientWrite(options.write, this.#timing, options.log, this.#aborted.signal, onChange);
  }

  /**
   * Sends until `stop`, and resolves then.
   * @throws what the source, `onSent` or a defect throws; then nothing is sent any more
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Tries at once what waits. */
  poke(): void {
    this.#write.poke();
  }

  /**
   * Sends what the source still has, and gives up `withinMs` from now, or before if InfluxDB asks for a longer pause.
   * Nothing is left behind; what was not reported as sent is still in the log. Never rejects.
   */
  async stop(withinMs: number): Promise<void> {
    this.#giveUpAfterMs = withinMs;
    this.#stopping.abort();
    this.poke();
    const done = new AbortController();
    const deadline = this.#timing.delay(withinMs, done.signal).then(
      () => this.#aborted.abort(GIVEN_UP),
      () => undefined,
    );
    await this.#running?.catch(() => undefined);
    done.abort();
    await deadline;
  }

  get stats(): SenderStats {
    const { requests, retries, answers, lastError } = this.#write;
    const { written, dead, through, oldestAtMs, batches } = this.#inFlight;
    return {
      state: this.#state,
      since: this.#since,
      lastError,
      written,
      dead,
      through,
      oldestAtMs,
      inFlight: {
        batches: batches.length,
        points: batches.reduce((sum, { points }) => sum + points, 0),
        bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
      },
      requests,
      retries,
      answers: Object.fromEntries(answers),
    };
  }

  async #run(): Promise<void> {
    try {
      while (await this.#sendNext());
      await this.#untilInFlight(0);
    } catch (error) {
      if (error !== GIVEN_UP) throw error;
    } finally {
      this.#aborted.abort(GIVEN_UP);
      await this.#inFlight.untilAtMost(0);
    }
  }

  /** Sends what there is, at most one batch, and waits for more; false once it is stopped and there is nothing. */
  async #sendNext(): Promise<boolean> {
    await this.#untilInFlight(MOST_IN_FLIGHT - 1);
    const batch = await this.#reader.read();
    if (batch.points > 0) await this.#launch(batch);
    else this.#inFlight.pass(batch.through);
    const { signal } = this.#stopping;
    if (signal.aborted) return batch.points > 0;
    if (batch.isFull) return true;
    try {
      await this.#options.source.waitForMore(signal);
      await this.#timing.delay(LINGER_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return true;
  }

  async #untilInFlight(most: number): Promise<void> {
    await this.#inFlight.untilAtMost(most);
    this.#aborted.signal.throwIfAborted();
  }

  async #launch(batch: Batch): Promise<void> {
    await this.#inFlight.untilApart(batch);
    this.#aborted.signal.throwIfAborted();
    this.#inFlight.add(batch, this.#deliver(batch)).then(
      () => this.#noteState(),
      (error: unknown) => this.#fail(error),
    );
    this.#noteState();
  }

  #deliver(batch: Batch): Promise<number> {
    const order = this.#batches++;
    return deliverBatch(batch, {
      buckets: this.#options.buckets,
      write: (bucket, lines) => this.#write.write(order, bucket, lines),
      bury: (point) => this.#bury(point),
      sendingTime: (beforeMs) => this.#sendingTime(beforeMs),
      onLogRefused: ({ message }) => this.#options.log.error({ error: message }, 'write_log is refused'),
    });
  }

  #sendingTime(beforeMs: number | undefined): number {
    const nowMs = this.#timing.now();
    if (beforeMs !== undefined && nowMs - beforeMs < SAME_SENDING_MS) return beforeMs;
    this.#lastSendingTime = Math.max(this.#lastSendingTime + 1, nowMs);
    return this.#lastSendingTime;
  }

  async #bury(point: DeadPoint): Promise<void> {
    for (let waitMs = BACKOFF_MS.first; ; waitMs = Math.min(2 * waitMs, BACKOFF_MS.most)) {
      try {
        return await this.#options.onDead(point);
      } catch (error) {
        const { sequence, reason } = point;
        this.#options.log.error(
          { error: messageOf(error), sequence, reason, waitMs },
          'a dead letter cannot be kept; the points behind it wait',
        );
        await this.#timing.delay(waitMs, this.#aborted.signal);
      }
    }
  }

  #noteState(): void {
    const refusal = this.#write.refusal;
    const state = refusal?.state ?? (this.#inFlight.batches.length > 0 ? 'sending' : 'idle');
    if (state !== this.#state) this.#since = this.#timing.now();
    this.#state = state;
    if (refusal && refusal.pauseMs > this.#giveUpAfterMs) this.#aborted.abort(GIVEN_UP);
  }

  #fail(error: unknown): void {
    this.#aborted.abort(error);
    this.#stopping.abort();
  }
}
