import { setImmediate as endOfTurn } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { codeOf } from './disk.ts';
import type { JournalEntry } from './entry.ts';
import { PendingBuffer } from './pending-buffer.ts';
import { encodeRecord } from './record.ts';
import type { Refusals } from './refusals.ts';
import type { Batch, SegmentWriter } from './segment-writer.ts';
import type { Space } from './space.ts';

/** The pauses between two attempts on a disk that refuses. */
export interface RetryPauses {
  readonly first: number;
  readonly most: number;
}

interface CommitterOptions {
  readonly writer: SegmentWriter;
  readonly space: Space;
  readonly refusals: Refusals;
  /** The sequence of the last record on the disk. */
  readonly last: number;
  readonly retryMs: RetryPauses;
  /** Told after each commit. */
  readonly onCommit: (last: number) => void;
}

/** From one commit to the next: under load, many messages share one `fdatasync`; the first after a rest is at once. */
const COMMIT_EVERY_MS = 10;

/**
 * Gathers records in memory and commits all that are there at once; while the disk works on one commit, the next
 * fills. A disk that refuses is asked again until it takes them: in order, and none is given up.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #pending = new PendingBuffer();
  /** What a commit is writing; empty between commits. */
  #writing = new PendingBuffer();
  #lastSequence: number;
  #committedSequence: number;
  #appendedBytes = 0;
  #committing: Promise<void> | undefined;
  /** The next batch begins a new segment. */
  #fresh = false;
  /** The next batch is not to wait for more. */
  #isHurried = false;
  #isGathering = false;
  #closed = false;
  #wake = () => {};

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#lastSequence = options.last;
    this.#committedSequence = options.last;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get committedSequence(): number {
    return this.#committedSequence;
  }

  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  get uncommittedBytes(): number {
    return this.#pending.used + this.#writing.used;
  }

  /** @returns its sequence. @throws EvidaError JOURNAL_RECORD */
  add(entry: JournalEntry): number {
    const sequence = this.#lastSequence + 1;
    const before = this.#pending.used;
    encodeRecord(this.#pending, sequence, entry);
    this.#appendedBytes += this.#pending.used - before;
    this.#lastSequence = sequence;
    this.#committing ??= this.#commit();
    return sequence;
  }

  /** Begins a new segment now, so that the one before it can go. */
  renewSegment(): void {
    if (this.#closed) return;
    this.#fresh = true;
    this.tryAgain();
    this.#committing ??= this.#commit();
  }

  /** Somebody waits for what is there: it is committed as soon as the disk has taken what it is working on. */
  hurry(): void {
    this.#isHurried = true;
    if (this.#isGathering) this.#wake();
  }

  /** Something has happened that may help with a disk that refuses. */
  tryAgain(): void {
    this.#wake();
  }

  /** Commits what it holds; a disk that refuses gets one last attempt. @returns how many records it refused */
  async close(): Promise<number> {
    this.#closed = true;
    this.tryAgain();
    await this.#committing;
    return this.#lastSequence - this.#committedSequence;
  }

  /** Commits until nothing is left to be committed. */
  async #commit(): Promise<void> {
    // What else this turn of the event loop brings goes into the same commit.
    await endOfTurn();
    while (this.#pending.used > 0 || this.#fresh) {
      const startedMs = performance.now();
      this.#isHurried = false;
      [this.#pending, this.#writing] = [this.#writing, this.#pending];
      const batch = {
        bytes: this.#writing.bytes,
        length: this.#writing.used,
        first: this.#committedSequence + 1,
        last: this.#committedSequence + this.#writing.records,
      };
      if (!(await this.#persist(batch))) break;
      this.#writing.clear();
      this.#committedSequence = batch.last;
      this.#options.onCommit(batch.last);
      await this.#gather(COMMIT_EVERY_MS - (performance.now() - startedMs));
    }
    this.#committing = undefined;
  }

  /** Writes a batch, however often that takes. @returns false if it is closed and the disk refuses */
  async #persist(batch: Batch): Promise<boolean> {
    const { retryMs } = this.#options;
    for (let pauseMs = retryMs.first; ; pauseMs = Math.min(2 * pauseMs, retryMs.most)) {
      if (await this.#attempt(batch)) return true;
      if (this.#closed) return false;
      await this.#pause(pauseMs);
    }
  }

  async #attempt(batch: Batch): Promise<boolean> {
    const { writer, space, refusals } = this.#options;
    if (!this.#fresh && !space.mayGrow) {
      space.refuse();
      return false;
    }
    try {
      await writer.write(batch, this.#fresh);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      if ((code === 'ENOSPC' || code === 'EDQUOT') && (await space.deleteOne()))
        return await this.#attempt(batch);
      refusals.begin('disk', code, messageOf(error));
      return false;
    }
    this.#fresh = false;
    refusals.end('disk');
    return true;
  }

  async #gather(ms: number): Promise<void> {
    if (ms <= 0 || this.#closed || this.#isHurried) return;
    this.#isGathering = true;
    await this.#pause(ms);
    this.#isGathering = false;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
