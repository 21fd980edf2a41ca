import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Reducers } from '../../../streams/recovery.ts';
import { EvidaError } from '../../errors.ts';
import type { DeadLetters } from '../../journal/dead-letters.ts';
import type { Journal } from '../../journal/journal.ts';
import { writeSnapshot } from '../../journal/snapshot-file.ts';
import type { Log } from '../../log.ts';
import type { SnapshotHeader } from './snapshot-schema.ts';

/** Boxes that are written without a pause: a few milliseconds. */
const SLICE = 50;
const EVERY_MS = 60_000;
/** A log that has grown so much since the last snapshot is worth one before its time. */
const EVERY_BYTES = 64 * 2 ** 20;
const LOOK_EVERY_MS = 1000;
const LAST_WITHIN_MS = 1500;

interface SnapshotParts {
  readonly directory: string;
  readonly journal: Journal;
  readonly reducers: Reducers;
  readonly letters: DeadLetters;
  /** The header as of now. */
  readonly header: () => SnapshotHeader;
  /** How often time was skipped so far: that must not happen between two boxes of one snapshot. */
  readonly skips: () => number;
  readonly now: () => number;
  readonly log: Log;
}

/** Writes a snapshot of all state every minute, or sooner if the log grows fast, while messages go on. */
export class Snapshots {
  readonly #parts: SnapshotParts;
  readonly #looking: NodeJS.Timeout;
  #taken: { readonly atMs: number | undefined; readonly sequence: number; readonly bytes: number };
  #taking: Promise<void> | undefined;
  #dueAtMs: number;
  readonly #closing = new AbortController();

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#taken = { atMs: undefined, sequence: 0, bytes: parts.journal.appendedBytes };
    this.#dueAtMs = parts.now() + EVERY_MS;
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** ms UTC; undefined before the first one of this process. */
  get takenAtMs(): number | undefined {
    return this.#taken.atMs;
  }

  /** Takes the last one, if the disk takes it soon. */
  async close(): Promise<void> {
    clearInterval(this.#looking);
    const enough = setTimeout(() => this.#closing.abort(), LAST_WITHIN_MS);
    await this.#taking;
    if (this.#parts.journal.lastSequence !== this.#taken.sequence) await this.#take();
    clearTimeout(enough);
  }

  #look(): void {
    const { journal, now } = this.#parts;
    const { refusal } = journal;
    // A full log gets room only by a snapshot that lets its old segments go.
    const isFull = refusal?.code === 'JOURNAL_MAX';
    const isDue =
      now() >= this.#dueAtMs || journal.appendedBytes - this.#taken.bytes >= EVERY_BYTES || isFull;
    if (!isDue || (refusal !== undefined && !isFull) || journal.lastSequence === this.#taken.sequence) return;
    this.#taking ??= this.#take().finally(() => {
      this.#taking = undefined;
    });
  }

  /** A disk that refuses costs nothing but a longer fold at the next start. */
  async #take(): Promise<void> {
    const { directory, journal, header, now, log } = this.#parts;
    const startedAt = performance.now();
    const first = header();
    const bytes = journal.appendedBytes;
    this.#dueAtMs = now() + EVERY_MS;
    try {
      await writeSnapshot(directory, first.sequence, this.#lines(first));
      this.#taken = { atMs: now(), sequence: first.sequence, bytes };
      journal.release({ snapshot: first.sequence });
      log.debug(
        { ...first, receipts: undefined, durationMs: Math.round(performance.now() - startedAt) },
        'snapshot',
      );
    } catch (error) {
      if (error instanceof Skipped) return;
      const hint = error instanceof EvidaError ? error.hint : undefined;
      log.warn({ err: error, hint }, 'the snapshot could not be written; the log is kept for longer');
    }
  }

  async *#lines(header: SnapshotHeader): AsyncGenerator<string> {
    const { journal, reducers, letters, skips } = this.#parts;
    const skipsBefore = skips();
    yield JSON.stringify(header);
    const boxes = new Set<number>();
    for (const reducer of Object.values(reducers)) for (const box of reducer.boxNumbers()) boxes.add(box);
    let written = 0;
    for (const box of boxes) {
      yield JSON.stringify({
        box,
        sequence: journal.lastSequence,
        photographs: reducers.photographs?.exportBox(box),
        connection: reducers.connections?.exportBox(box),
        utilization: reducers.utilization?.exportBox(box),
      });
      if (++written % SLICE === 0) await nextTurn();
    }
    if (skips() !== skipsBefore) throw new Skipped();
    // Nothing that is in it may be missing in the log after a crash, nor among the dead letters.
    await journal.committed(journal.lastSequence, this.#closing.signal);
    await letters.flush();
  }
}

/** Time was skipped meanwhile: boxes before and after it would not fit together. */
class Skipped extends Error {}
