import { merge, type Observable, Subject, share, tap } from 'rxjs';
import type { Decoded } from '../../../streams/decode.ts';
import { decodeMessage } from '../../../streams/decode-message.ts';
import type { Notice } from '../../../streams/observation.ts';
import { photographOf } from '../../../streams/photograph-point.ts';
import type { PhotographPoint, Point } from '../../../streams/point.ts';
import type { Reducers } from '../../../streams/recovery.ts';
import { selectReadings } from '../../../streams/select-readings.ts';
import { StreamScheduler } from '../../../streams/stream-scheduler.ts';
import type { Config } from '../../config.ts';
import { toLine } from '../../influx/line-protocol.ts';
import type { Control, JournalMessage } from '../../journal/entry.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Log } from '../../log.ts';
import type { Received } from '../../mqtt/reception.ts';
import { decide } from './reducers.ts';
import type { SteadyClock } from './steady-clock.ts';

/** The clock is read at least so often: a longer pause is time that was not observed. */
const HEARTBEAT_MS = 1000;
/** The longest that a timer can be set to. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export interface RecorderParts {
  readonly journal: Journal;
  readonly reducers: Reducers;
  readonly config: Config;
  readonly clock: SteadyClock;
  /** Told of each message after it is in the log, with its sequence there. */
  readonly onDecoded: (decoded: Decoded, sequence: number) => void;
  /** Told of each point after it is in the log. */
  readonly onPoint: (point: Point, sequence: number) => void;
  readonly log: Log;
}

/**
 * Writes the one log: each input, and what is decided of it, in the order in which it happens. Before an input of time T,
 * all that falls due up to T is decided and written; so folding the log again decides the same (architecture.md,
 * "Delivery" 2).
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #scheduler: StreamScheduler;
  readonly #messages = new Subject<JournalMessage>();
  readonly #notices = new Subject<Notice>();
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Of the message that is being folded. */
  #sequence = 0;
  #skips = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#scheduler = new StreamScheduler(parts.clock.read().nowMs);
    this.#decided().subscribe((point) => this.record(point));
    this.#heartbeat = setInterval(() => this.#onTimer(), HEARTBEAT_MS);
  }

  /** A message of the broker: in the log when this returns, and what follows from it at once, too. @throws EvidaError JOURNAL_REFUSED */
  receive(received: Received): void {
    const { packetId, retained, resumed, backlog, topic, payload } = received;
    const receivedAt = this.tick();
    this.take({ kind: 'message', receivedAt, packetId, retained, resumed, backlog, topic, payload });
  }

  /** A message whose time is known already. @throws EvidaError JOURNAL_REFUSED */
  take(message: JournalMessage): void {
    this.#sequence = this.#parts.journal.append(message);
    this.#messages.next(message);
    this.#arm();
  }

  /** Boxes that are listened to from now on, or no more. */
  noticeBoxes(kind: 'listed' | 'removed', boxes: Iterable<number>): void {
    const at = this.tick();
    for (const box of boxes) this.#notice({ kind, box, at }, { kind, box, receivedAt: at });
    this.#arm();
  }

  /** Nothing was observed since then, ms: no timer fires for that time (domain.md, "Silence, connection, gaps" rule 2). */
  noticeUnobserved(from: number): void {
    this.#skip(from, this.#parts.clock.read().nowMs);
    this.#arm();
  }

  /** The last photograph of an outlet, as InfluxDB has it: what happens next is compared with it. */
  recall(point: PhotographPoint): void {
    this.control({ kind: 'recalled', line: toLine(point) });
    const photograph = photographOf(point);
    if (photograph !== undefined) this.#parts.reducers.photographs?.recall(photograph);
  }

  control(control: Control): void {
    this.#parts.journal.append({ kind: 'control', control });
  }

  /** A point that is decided: in the log when this returns. */
  record(point: Point): void {
    const sequence = this.#parts.journal.append({ kind: 'point', line: toLine(point) });
    this.#parts.onPoint(point, sequence);
  }

  /** Decides what is due by now. @returns the time, ms UTC */
  tick(): number {
    const { nowMs, unobservedSinceMs } = this.#parts.clock.read();
    if (unobservedSinceMs === undefined) this.#scheduler.advanceTo(nowMs);
    else this.#skip(unobservedSinceMs, nowMs);
    return nowMs;
  }

  /** Resolves when all that was written is on the disk. */
  committed(): Promise<void> {
    const { journal } = this.#parts;
    return journal.committed(journal.lastSequence);
  }

  /** Up to when everything is decided, ms UTC. */
  get atMs(): number {
    return this.#scheduler.now();
  }

  /** How often time was skipped: a snapshot must not be taken half before and half after it. */
  get skips(): number {
    return this.#skips;
  }

  /** Nothing is decided any more. */
  stop(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    this.#messages.complete();
    this.#notices.complete();
  }

  #decided(): Observable<Point> {
    const { reducers, config, onDecoded } = this.#parts;
    const readings$ = this.#messages.pipe(
      decodeMessage(),
      tap((decoded) => onDecoded(decoded, this.#sequence)),
      selectReadings(),
    );
    return decide(merge(readings$, this.#notices).pipe(share()), reducers, config, this.#scheduler);
  }

  #skip(from: number, to: number): void {
    this.#skips++;
    this.#parts.log.warn({ from: iso(from), to: iso(to) }, 'nothing was observed in between');
    this.#scheduler.skipTo(to);
    this.#notice({ kind: 'unobserved', from, to }, { kind: 'unobserved', from, receivedAt: to });
  }

  #notice(control: Control, notice: Notice): void {
    this.control(control);
    this.#notices.next(notice);
  }

  #arm(): void {
    const { earliest } = this.#scheduler;
    if (earliest >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = earliest;
    const delayMs = Math.max(0, earliest - this.#scheduler.now());
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(delayMs, MAX_DELAY_MS));
  }

  #onTimer(): void {
    clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.tick();
    this.#arm();
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
