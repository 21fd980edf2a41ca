import { decode } from '../../../streams/decode.ts';
import type { Notice } from '../../../streams/observation.ts';
import type { Point } from '../../../streams/point.ts';
import { Recovery, type Reducers } from '../../../streams/recovery.ts';
import type { Config } from '../../config.ts';
import { parseLine } from '../../influx/parse-line.ts';
import type { Control, JournalMessage } from '../../journal/entry.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Log } from '../../log.ts';
import { Receipts } from '../../mqtt/receipts.ts';
import { Books } from './books.ts';
import type { DeadMessages } from './dead-messages.ts';
import type { LoadedSnapshot } from './load-snapshot.ts';
import { createReducers } from './reducers.ts';

/** At once in memory while the log is folded. */
const READ_BYTES = 2 ** 20;

export interface RecoveredState {
  readonly reducers: Reducers;
  readonly books: Books;
  readonly receipts: Receipts;
  /** Points up to here are answered by InfluxDB. */
  readonly sentThrough: number;
  /** Decided before the end, but torn off the log: they are to be recorded now. */
  readonly pending: readonly Point[];
  /** When the log was last written to, ms UTC; undefined if it never was. */
  readonly lastTimeMs: number | undefined;
}

interface RecoverParts {
  readonly journal: Journal;
  readonly snapshot: LoadedSnapshot | undefined;
  readonly deadMessages: DeadMessages;
  readonly config: Config;
  readonly log: Log;
}

/** State = snapshot + fold of the records after it (architecture.md, "Delivery" 2). */
export async function recover(parts: RecoverParts): Promise<RecoveredState> {
  const { journal, snapshot, config, log } = parts;
  const startedAt = performance.now();
  const fold = new Fold(createReducers(config, snapshot?.states), parts);
  const reader = journal.read((snapshot?.header.sequence ?? 0) + 1);
  let records = 0;
  for (let batch = await reader.next(READ_BYTES); batch.length > 0; batch = await reader.next(READ_BYTES)) {
    for (const { sequence, entry } of batch) {
      if (entry.kind === 'message') fold.message(entry, sequence);
      else if (entry.kind === 'point') fold.point(entry.line, sequence);
      else fold.control(entry.control, sequence);
    }
    records += batch.length;
  }
  await reader.close();
  if (records > 0 || snapshot !== undefined) {
    const durationMs = Math.round(performance.now() - startedAt);
    log.info({ records, snapshot: snapshot?.header.sequence, durationMs }, 'the log was folded');
  }
  return fold.result();
}

/** The log, record by record. */
class Fold {
  readonly #reducers: Reducers;
  readonly #recovery: Recovery;
  readonly #books = new Books();
  readonly #receipts = new Receipts();
  readonly #snapshot: LoadedSnapshot | undefined;
  readonly #deadMessages: DeadMessages;
  #sentThrough: number;
  #lastTimeMs: number | undefined;

  constructor(reducers: Reducers, { snapshot, deadMessages, journal }: RecoverParts) {
    this.#reducers = reducers;
    this.#recovery = new Recovery(reducers);
    this.#snapshot = snapshot;
    this.#deadMessages = deadMessages;
    this.#sentThrough = snapshot?.header.sentThrough ?? 0;
    this.#lastTimeMs = latest(snapshot?.header.atMs, journal.recovered.lastTime);
    if (snapshot === undefined) return;
    this.#books.restore(snapshot.header.books);
    this.#receipts.restore(snapshot.header.receipts);
  }

  message(message: JournalMessage, sequence: number): void {
    const decoded = decode(message);
    this.#receipts.add(message.packetId, message.topic, message.payload);
    this.#books.countMessage(decoded.readings !== undefined);
    this.#deadMessages.look(decoded, sequence);
    if (decoded.readings !== undefined && !this.#isKnown(decoded.readings.box, sequence))
      this.#recovery.observe(decoded.readings);
  }

  point(line: string, sequence: number): void {
    this.#books.countPoint();
    this.#record(line, sequence);
  }

  control(control: Control, sequence: number): void {
    switch (control.kind) {
      case 'connected':
        if (!control.sessionPresent) this.#receipts.clear();
        break;
      case 'sent':
        this.#books.countSent(control.written, control.dead);
        this.#sentThrough = Math.max(this.#sentThrough, control.through);
        break;
      case 'recalled':
        this.#record(control.line, sequence);
        break;
      case 'unobserved':
        this.#recovery.observe({ kind: 'unobserved', from: control.from, receivedAt: control.to });
        break;
      case 'listed':
      case 'removed':
        this.#notice({ kind: control.kind, box: control.box, receivedAt: control.at }, sequence);
        break;
      default:
    }
  }

  result(): RecoveredState {
    return {
      reducers: this.#reducers,
      books: this.#books,
      receipts: this.#receipts,
      sentThrough: this.#sentThrough,
      pending: this.#recovery.pending(),
      lastTimeMs: this.#lastTimeMs,
    };
  }

  #record(line: string, sequence: number): void {
    const point = parseLine(line);
    if ('box' in point.tags && this.#isKnown(point.tags.box, sequence)) return;
    this.#recovery.record(point);
  }

  #notice(notice: Notice & { readonly box: number }, sequence: number): void {
    if (!this.#isKnown(notice.box, sequence)) this.#recovery.observe(notice);
  }

  /** The snapshot has a box as it was at a place of its own, which is after that of the header. */
  #isKnown(box: number, sequence: number): boolean {
    return sequence <= (this.#snapshot?.sequences.get(box) ?? 0);
  }
}

function latest(...times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}
