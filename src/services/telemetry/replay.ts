import { Subject } from 'rxjs';
import { decode } from '../../../streams/decode.ts';
import type { Observation } from '../../../streams/observation.ts';
import type { Photograph, PhotographRules, Reason } from '../../../streams/photograph.ts';
import { photographOf } from '../../../streams/photograph-point.ts';
import { PhotographReducer } from '../../../streams/photograph-reducer.ts';
import { settlePhotograph } from '../../../streams/settle-photograph.ts';
import { StreamScheduler } from '../../../streams/stream-scheduler.ts';
import { parseLine } from '../../influx/parse-line.ts';
import type { Control, JournalRecord } from '../../journal/entry.ts';
import { type Deviation, Staircase } from './staircase.ts';

/** What some thresholds record: photographs by reason, and how far they lie from the received values. */
export interface Recording {
  readonly photographs: Readonly<Partial<Record<Reason, number>>>;
  readonly deviations: Readonly<Record<string, Deviation>>;
}

export interface ReplayResult {
  /** Of the messages that were looked at, ms UTC; undefined if there was none. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly messages: number;
  /** As it was recorded, under the thresholds of then. */
  readonly recorded: Recording;
  /** As it would have been under the given thresholds. */
  readonly replayed: Recording;
}

/**
 * What other thresholds would have recorded: decides the messages of the log again, in virtual time, and compares both
 * records with what was received.
 *
 * @param records of the log, in order. Messages before `fromMs` only set the stage
 */
export async function replay(
  records: AsyncIterable<readonly JournalRecord[]>,
  rules: PhotographRules,
  fromMs: number,
  onProgress: (atMs: number) => void,
): Promise<ReplayResult> {
  const run = new Replay(rules, fromMs);
  for await (const batch of records) {
    for (const { entry } of batch) {
      if (entry.kind === 'message') {
        const { readings } = decode(entry);
        run.message(entry.receivedAt, readings);
      } else if (entry.kind === 'point') run.point(entry.line);
      else run.control(entry.control);
    }
    onProgress(run.atMs);
  }
  return run.result();
}

class Replay {
  readonly #scheduler = new StreamScheduler();
  readonly #observations = new Subject<Observation>();
  readonly #reducer: PhotographReducer;
  readonly #recorded: Tally;
  readonly #replayed: Tally;
  readonly #fromMs: number;
  #messages = 0;
  #firstMs: number | undefined;
  atMs = 0;

  constructor(rules: PhotographRules, fromMs: number) {
    this.#fromMs = fromMs;
    this.#recorded = new Tally(rules, fromMs);
    this.#replayed = new Tally(rules, fromMs);
    this.#reducer = new PhotographReducer(rules);
    this.#observations
      .pipe(settlePhotograph(rules, this.#scheduler, () => this.#reducer))
      .subscribe((photograph) => this.#replayed.record(photograph));
  }

  message(receivedAt: number, readings: Observation | undefined): void {
    this.#passTo(receivedAt);
    if (receivedAt >= this.#fromMs) {
      this.#messages++;
      this.#firstMs ??= receivedAt;
    }
    if (readings === undefined) return;
    if (readings.kind === 'readings') {
      this.#recorded.staircase.read(readings);
      this.#replayed.staircase.read(readings);
    }
    this.#observations.next(readings);
  }

  point(line: string): void {
    const point = parseLine(line);
    const photograph = point.measurement === 'photograph' ? photographOf(point) : undefined;
    if (photograph !== undefined) this.#recorded.record(photograph);
  }

  control(control: Control): void {
    if (control.kind === 'recalled') this.#recall(control.line);
    else if (control.kind === 'unobserved') {
      this.#scheduler.skipTo(control.to);
      this.#observations.next({ kind: 'unobserved', from: control.from, receivedAt: control.to });
    } else if (control.kind === 'listed' || control.kind === 'removed') {
      this.#passTo(control.at);
      this.#observations.next({ kind: control.kind, box: control.box, receivedAt: control.at });
    }
  }

  result(): ReplayResult {
    return {
      fromMs: this.#firstMs,
      toMs: this.#messages === 0 ? undefined : this.atMs,
      messages: this.#messages,
      recorded: this.#recorded.result(),
      replayed: this.#replayed.result(),
    };
  }

  /** What InfluxDB had is where both records begin. */
  #recall(line: string): void {
    const point = parseLine(line);
    const photograph = point.measurement === 'photograph' ? photographOf(point) : undefined;
    if (photograph === undefined) return;
    this.#reducer.recall(photograph);
    this.#recorded.staircase.record(photograph);
    this.#replayed.staircase.record(photograph);
  }

  #passTo(atMs: number): void {
    this.#scheduler.advanceTo(Math.max(atMs, this.atMs));
    this.atMs = Math.max(atMs, this.atMs);
  }
}

class Tally {
  readonly staircase: Staircase;
  readonly #fromMs: number;
  readonly #byReason = new Map<Reason, number>();

  constructor({ settleMaxMs, settleMs }: PhotographRules, fromMs: number) {
    this.staircase = new Staircase(Math.max(settleMaxMs, settleMs), fromMs);
    this.#fromMs = fromMs;
  }

  record(photograph: Photograph): void {
    this.staircase.record(photograph);
    if (photograph.timeMs < this.#fromMs) return;
    this.#byReason.set(photograph.reason, (this.#byReason.get(photograph.reason) ?? 0) + 1);
  }

  result(): Recording {
    return { photographs: Object.fromEntries(this.#byReason), deviations: this.staircase.result() };
  }
}
