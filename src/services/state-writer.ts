import type { KnownBox } from '../eboost/review-box-list.ts';
import { EvidaError } from '../errors.ts';
import type { Status } from '../http/status.ts';
import { escapeTag, textField } from '../influx/line-protocol.ts';
import type { Timing } from '../influx/timing.ts';
import type { WriteBatch } from '../influx/write-batch.ts';
import type { Log } from '../log.ts';

const WRITE_EVERY_MS = 60_000;
/** Whoever asks where boxes are looks back some hours; who is no longer listed is forgotten in that time. */
const PLACES_EVERY_MS = 3_600_000;

export interface StateWriterParts {
  /** What this process is called at the broker: no other has the name. */
  readonly client: string;
  readonly bucket: string;
  readonly status: () => Status;
  /** The boxes that are listened to; the same array as long as nothing has changed. */
  readonly boxes: () => readonly KnownBox[];
  readonly write: WriteBatch;
  readonly timing: Pick<Timing, 'now' | 'delay'>;
  readonly log: Log;
}

/**
 * Writes every minute to InfluxDB how this process is (domain.md, "What Evida says of itself"), and where its boxes are.
 * Nothing depends on it: it goes past the log, which may be what is wrong, a minute that cannot be written is not made up
 * for, and there is never more than one request.
 */
export class StateWriter {
  readonly #parts: StateWriterParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #placed: { readonly boxes: readonly KnownBox[]; readonly atMs: number } | undefined;
  #isFailing = false;

  constructor(parts: StateWriterParts) {
    this.#parts = parts;
  }

  start(): void {
    if (!this.#stopping.signal.aborted) this.#running ??= this.#run();
  }

  /** Gives up what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('Evida stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#write();
      await this.#parts.timing.delay(WRITE_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #write(): Promise<void> {
    const { client, bucket, status, write, timing, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      const atMs = timing.now();
      const boxes = this.#parts.boxes();
      const isDue = this.#placed?.boxes !== boxes || atMs - this.#placed.atMs >= PLACES_EVERY_MS;
      const places = isDue ? boxes.map((box) => placeLine(box, atMs)) : [];
      await write(bucket, [stateLine(status(), client, atMs), ...places], signal);
      if (isDue) this.#placed = { boxes, atMs };
      if (this.#isFailing) log.info({ bucket }, 'what Evida says of itself is written again');
      this.#isFailing = false;
    } catch (error) {
      if (signal.aborted) return;
      const hint = error instanceof EvidaError ? error.hint : undefined;
      log[this.#isFailing ? 'debug' : 'warn'](
        { err: error, hint },
        'what Evida says of itself cannot be written',
      );
      this.#isFailing = true;
    }
  }
}

/** The state as one line of `evida`, times in ms. All fields are floats; what is not known is absent. */
export function stateLine(status: Status, client: string, atMs: number): string {
  const { books, delivery } = status;
  const since = Date.parse(delivery?.lastMessageAt ?? status.startedAt);
  const fields: Readonly<Record<string, number | boolean | null | undefined>> = {
    ready: status.ready,
    boxes: status.boxes,
    received: books?.messages.received,
    decoded: books?.messages.decoded,
    dead_messages: books?.messages.dead,
    duplicate: books?.messages.duplicate,
    decided: books?.points.decided,
    written: books?.points.written,
    dead_points: books?.points.dead,
    unsent: books?.points.unsent,
    oldest_unsent_s: delivery && delivery.lagMs / 1000,
    seconds_since_message: Math.max(0, atMs - since) / 1000,
    silent_boxes: delivery?.silentBoxes,
    dead_letters: delivery && sum(delivery.deadLetters),
    rejected_pairs: delivery && sum(delivery.rejectedPairs),
    log_bytes: delivery?.journalBytes,
    log_max_bytes: delivery?.journalMaxBytes,
    log_refuses: delivery && delivery.refusal !== null,
    connected: delivery?.connected,
    listening: delivery?.listening,
    backlog: delivery?.backlog,
    reconnects: delivery?.reconnects,
    clock_ahead_s: delivery && delivery.clockAheadMs / 1000,
    write_requests: delivery?.writeRequests,
    write_retries: delivery?.writeRetries,
  };
  const known = Object.entries(fields).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : `${name}=${Number(value)}`,
  );
  return `evida,client=${escapeTag(client)} ${known.join()} ${atMs}`;
}

function placeLine({ number, city, district, inService }: KnownBox, atMs: number): string {
  const fields = [
    `city=${textField(city || 'Unknown')}`,
    `district=${textField(district || 'Unknown')}`,
    `in_service=${inService !== false}`,
  ];
  return `place,box=${number} ${fields.join()} ${atMs}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
