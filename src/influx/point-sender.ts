import { setTimeout as delay } from 'node:timers/promises';
import { MEASUREMENTS, type Point } from '../../streams/point.ts';
import { EvidaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { toLine } from './line-protocol.ts';
import type { WriteBatch } from './write-batch.ts';
import { WriteError } from './write-error.ts';

/** One request carries at most so many points. */
const MAX_BATCH = 5000;
/** A point waits at most so long for others to share its request. */
const LINGER_MS = 200;
const BACKOFF_MS = { first: 500, most: 30_000 };

/** Where points go: by measurement, to the bucket of telemetry or of history. */
export interface BucketNames {
  readonly telemetry: string;
  readonly history: string;
}

/** Points taken over, confirmed by InfluxDB, and refused by it for good. */
export interface SenderStats {
  readonly accepted: number;
  readonly written: number;
  readonly refused: number;
}

/**
 * Sends points to InfluxDB in explicit batches, one at a time a bucket, each repeated until it is confirmed.
 * A batch that InfluxDB refuses for good is logged and left out, so that the rest goes on.
 */
export class PointSender {
  readonly #queues: ReadonlyMap<'telemetry' | 'history', BucketQueue>;
  #accepted = 0;

  constructor(write: WriteBatch, buckets: BucketNames, log: Log) {
    this.#queues = new Map(
      (['telemetry', 'history'] as const).map((kind) => [kind, new BucketQueue(write, buckets[kind], log)]),
    );
  }

  send(point: Point): void {
    this.#accepted++;
    this.#queues.get(MEASUREMENTS[point.measurement].bucket)?.add(toLine(point));
  }

  get stats(): SenderStats {
    const queues = [...this.#queues.values()];
    return {
      accepted: this.#accepted,
      written: queues.reduce((sum, { written }) => sum + written, 0),
      refused: queues.reduce((sum, { refused }) => sum + refused, 0),
    };
  }

  /** Sends what is queued and ends; gives up `withinMs` from now. @throws EvidaError STOP_DEADLINE */
  async close(withinMs: number): Promise<void> {
    const left = await Promise.all([...this.#queues.values()].map((queue) => queue.close(withinMs)));
    const points = left.reduce((sum, count) => sum + count, 0);
    if (points === 0) return;
    throw new EvidaError('STOP_DEADLINE', {
      operation: 'sending the last points to InfluxDB',
      problem: `${points} points were not confirmed within ${withinMs} ms`,
    });
  }
}

class BucketQueue {
  written = 0;
  refused = 0;
  readonly #write: WriteBatch;
  readonly #bucket: string;
  readonly #log: Log;
  readonly #aborted = new AbortController();
  #lines: string[] = [];
  #closing = false;
  #sending: Promise<void> | undefined;

  constructor(write: WriteBatch, bucket: string, log: Log) {
    this.#write = write;
    this.#bucket = bucket;
    this.#log = log;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** The number of points that were not confirmed. */
  async close(withinMs: number): Promise<number> {
    this.#closing = true;
    const deadline = setTimeout(() => this.#aborted.abort(), withinMs);
    await this.#sending;
    clearTimeout(deadline);
    return this.#lines.length;
  }

  async #sendAll(): Promise<void> {
    if (!this.#closing) await this.#pause(LINGER_MS);
    while (this.#lines.length > 0 && !this.#aborted.signal.aborted) {
      const batch = this.#lines.slice(0, MAX_BATCH);
      if (!(await this.#sendBatch(batch))) return;
      this.#lines = this.#lines.slice(batch.length);
    }
  }

  /** Repeats one batch until InfluxDB has answered for good; false if the sender was ended before. */
  async #sendBatch(batch: readonly string[]): Promise<boolean> {
    for (
      let backoffMs = BACKOFF_MS.first, failures = 0;
      ;
      backoffMs = Math.min(2 * backoffMs, BACKOFF_MS.most)
    ) {
      try {
        await this.#write(this.#bucket, batch, this.#aborted.signal);
        this.written += batch.length;
        if (failures > 0) this.#log.info({ bucket: this.#bucket, failures }, 'InfluxDB takes points again');
        return true;
      } catch (error) {
        if (this.#aborted.signal.aborted) return false;
        if (!(error instanceof WriteError)) throw error;
        if (isLost(error)) {
          this.refused += batch.length;
          this.#log.error(
            { err: error, lines: batch.slice(0, 3) },
            'InfluxDB refuses points; they are left out',
          );
          return true;
        }
        failures++;
        const waitMs = error.retryAfterMs ?? backoffMs;
        this.#log.warn(
          { error: error.message, hint: error.hint, waitMs, queued: this.#lines.length },
          'points wait for InfluxDB',
        );
        if (!(await this.#pause(waitMs))) return false;
      }
    }
  }

  /** False if the sender was ended meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    try {
      await delay(ms, undefined, { signal: this.#aborted.signal });
      return true;
    } catch {
      return false;
    }
  }
}

/** Whether a repetition is pointless: what is wrong is in the batch, not in rights or names that somebody may mend. */
function isLost({ cause }: WriteError): boolean {
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'statusCode' in cause &&
    [400, 413, 422].includes(Number(cause.statusCode))
  );
}
