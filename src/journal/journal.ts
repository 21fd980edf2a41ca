import { EvidaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { CommitListeners } from './commit-listeners.ts';
import { Committer, type RetryPauses } from './committer.ts';
import { codeOf, makeDirectory, refusedByDisk } from './disk.ts';
import type { JournalEntry, JournalKind } from './entry.ts';
import { JournalReader } from './journal-reader.ts';
import { type Recovered, type RecoveredLog, recover } from './recover.ts';
import { type Refusal, Refusals } from './refusals.ts';
import { Retention } from './retention.ts';
import type { Segment } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';
import { Space } from './space.ts';

export interface JournalOptions {
  /** Of the log alone; made if it is missing. */
  readonly directory: string;
  /** Above this, messages are refused; points and control records go on for one segment. */
  readonly maxBytes: number;
  /** How long records are kept for replays when nothing else needs them. */
  readonly keepMs: number;
  /** When to begin a new one: 64 MiB if absent, but never more than a sixteenth of `maxBytes`. */
  readonly segmentBytes?: number;
  /** Sequences continue behind this one at the least: none that a snapshot knows is given twice, even if the log is lost. */
  readonly after?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  readonly retryMs?: RetryPauses;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** A segment is deleted whole, so it must be a small part of all. */
const SEGMENTS = 16;
const RETRY_MS: RetryPauses = { first: 500, most: 10_000 };

/** The log: what came in and what was decided, in one order, on disk. One process may have it open. */
export class Journal {
  readonly recovered: Recovered;
  readonly maxBytes: number;
  readonly #log: Log;
  readonly #segments: readonly Segment[];
  readonly #writer: SegmentWriter;
  readonly #retention: Retention;
  readonly #refusals: Refusals;
  readonly #space: Space;
  readonly #committer: Committer;
  readonly #commits = new CommitListeners();
  #tidying: Promise<void> | undefined;
  #isTidy = true;
  #closing: Promise<void> | undefined;

  /**
   * @throws EvidaError JOURNAL_FORMAT if a later version has written the log
   * @throws EvidaError JOURNAL_REFUSED if the disk cannot be read
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const { directory, log, after } = options;
    try {
      await makeDirectory(directory);
      return new Journal(options, await recover(directory, log, after));
    } catch (error) {
      if (codeOf(error) === undefined || error instanceof EvidaError) throw error;
      throw refusedByDisk(`opening the log in ${directory}`, error);
    }
  }

  private constructor(options: JournalOptions, { segments, appendable, recovered }: RecoveredLog) {
    const { directory, maxBytes, keepMs, now, log, retryMs = RETRY_MS } = options;
    const segmentBytes = Math.min(options.segmentBytes ?? SEGMENT_BYTES, maxBytes / SEGMENTS);
    const refusals = new Refusals(now, log);
    const retention = new Retention({ directory, segments, keepMs, now, log });
    const uncommittedBytes = () => this.uncommittedBytes;
    const limits = { maxBytes, segmentBytes, uncommittedBytes };
    this.recovered = recovered;
    this.maxBytes = maxBytes;
    this.#log = log;
    this.#segments = segments;
    this.#refusals = refusals;
    this.#retention = retention;
    this.#space = new Space({ segments, retention, refusals, ...limits });
    this.#writer = new SegmentWriter({ directory, segments, appendable, segmentBytes, now });
    this.#committer = new Committer({
      writer: this.#writer,
      space: this.#space,
      refusals,
      last: recovered.lastSequence,
      retryMs,
      onCommit: (last) => this.#afterCommit(last),
    });
  }

  /** The sequence of the last record that was taken. */
  get lastSequence(): number {
    return this.#committer.lastSequence;
  }

  /** All records up to this one are on the disk. */
  get committedSequence(): number {
    return this.#committer.committedSequence;
  }

  /** The sequence with which the oldest segment that is kept begins. */
  get firstSequence(): number {
    return this.#segments[0]?.first ?? this.committedSequence + 1;
  }

  /** How much was taken since it was opened. */
  get appendedBytes(): number {
    return this.#committer.appendedBytes;
  }

  get uncommittedBytes(): number {
    return this.#committer.uncommittedBytes;
  }

  /** Of all segments. */
  get bytes(): number {
    return this.#space.bytes;
  }

  /** Why no messages are taken now, if so. */
  get refusal(): Refusal | undefined {
    return this.#refusals.current;
  }

  /**
   * Takes a record; the next commit begins by itself. What it holds is copied. Points and control records are always
   * taken: they wait in memory while the disk refuses.
   *
   * @returns its sequence
   * @throws EvidaError JOURNAL_REFUSED for a message while there is a `refusal`, and for all after `close`: not taken
   * @throws EvidaError JOURNAL_RECORD if it is larger than MAX_BODY_BYTES: not taken
   */
  append(entry: JournalEntry): number {
    if (this.#closing !== undefined) throw refused(entry.kind, 'the log is closed');
    if (entry.kind === 'message') this.#admitMessage();
    return this.#committer.add(entry);
  }

  /**
   * Resolves when a record is on the disk.
   * @throws the signal's reason once it is aborted; EvidaError JOURNAL_REFUSED if the log is closed before
   */
  committed(sequence: number, signal?: AbortSignal): Promise<void> {
    if (sequence <= this.committedSequence) return Promise.resolve();
    return this.#commits.reached(sequence, signal);
  }

  /** Somebody waits for what was appended: it is committed without waiting for more. */
  hurry(): void {
    this.#committer.hurry();
  }

  /** The listener is called after each commit. @returns its removal */
  onCommit(listener: () => void): () => void {
    return this.#commits.add(listener);
  }

  /** Called once when messages begin to be refused. @returns its removal */
  onRefusal(listener: (refusal: Refusal) => void): () => void {
    return this.#refusals.onRefusal(listener);
  }

  /** Called once when they are taken again. @returns its removal */
  onAccepted(listener: () => void): () => void {
    return this.#refusals.onAccepted(listener);
  }

  /** Says that the last snapshot, or the sender, needs the records up to a sequence no more. */
  release(passed: { readonly snapshot?: number; readonly sent?: number }): void {
    this.#retention.release(passed);
    this.#tidy();
  }

  /** Reads what is committed, and what will be, in order. */
  read(from: number, { kinds }: { readonly kinds?: readonly JournalKind[] } = {}): JournalReader {
    return new JournalReader({
      segments: this.#segments,
      from,
      kinds,
      known: this.recovered.damage,
      log: this.#log,
    });
  }

  /** Commits what it holds. A disk that refuses gets one last attempt; what is lost then is said. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const records = await this.#committer.close();
    if (records > 0)
      this.#log.error({ records }, 'the log is closed without its last records: its disk refuses');
    await this.#tidying;
    await this.#writer.close();
    this.#commits.close(refused('record', 'the log was closed before it was on the disk'));
  }

  #admitMessage(): void {
    if (this.#refusals.current === undefined) this.#space.check();
    const refusal = this.#refusals.current;
    if (refusal !== undefined) throw refused('message', refusal.reason);
  }

  #afterCommit(last: number): void {
    this.#space.measure();
    this.#commits.tell(last);
    this.#tidy();
  }

  /** Deletes what may be deleted, in the background. */
  #tidy(): void {
    this.#isTidy = false;
    this.#tidying ??= this.#makeRoom();
  }

  async #makeRoom(): Promise<void> {
    while (!this.#isTidy) {
      this.#isTidy = true;
      if (await this.#space.makeRoom()) this.#committer.tryAgain();
      if (this.#space.needsNewSegment) this.#committer.renewSegment();
    }
    this.#tidying = undefined;
  }
}

function refused(what: string, problem: string): EvidaError {
  return new EvidaError('JOURNAL_REFUSED', { operation: `taking a ${what} into the log`, problem });
}
