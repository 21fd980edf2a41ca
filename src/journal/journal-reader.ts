import type { Log } from '../log.ts';
import type { Damage } from './damage.ts';
import { close, codeOf, open } from './disk.ts';
import type { JournalKind, JournalRecord } from './entry.ts';
import { decodeEntry } from './record.ts';
import { type Gap, SegmentScanner } from './scan-segment.ts';
import type { Segment } from './segment.ts';

interface JournalReaderOptions {
  /** Those of the log, in order, as they are now: they grow, come and go. */
  readonly segments: readonly Segment[];
  /** The first sequence that is wanted. */
  readonly from: number;
  /** All if absent. */
  readonly kinds: readonly JournalKind[] | undefined;
  /** What was said when the log was opened. */
  readonly known: readonly Damage[];
  readonly log: Log;
}

interface OpenSegment {
  readonly segment: Segment;
  readonly fd: number;
  readonly scanner: SegmentScanner;
}

/** Reads the committed records of a log in order, while it grows. What is damaged or was deleted is passed over. */
export class JournalReader {
  readonly #segments: readonly Segment[];
  readonly #kinds: ReadonlySet<JournalKind> | undefined;
  readonly #known: readonly Damage[];
  readonly #log: Log;
  #position: number;
  #current: OpenSegment | undefined;

  constructor({ segments, from, kinds, known, log }: JournalReaderOptions) {
    this.#segments = segments;
    this.#kinds = kinds && new Set(kinds);
    this.#known = known;
    this.#log = log;
    this.#position = from - 1;
  }

  /** All records up to this sequence were given, or are none that was wanted. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next records, about `maxBytes` of them on disk, at least one if there is one; none if all are read. Payloads
   * are views of what was read in one go: keep copies of them, if any. One call at a time.
   *
   * @throws the error of a system call if the disk cannot be read; the next call tries again
   */
  async next(maxBytes: number): Promise<readonly JournalRecord[]> {
    const before = this.#position;
    try {
      return await this.#next(maxBytes);
    } catch (error) {
      // What was read before it failed was not given: it is read once more.
      this.#position = before;
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  async #next(maxBytes: number): Promise<readonly JournalRecord[]> {
    const records: JournalRecord[] = [];
    let bytesLeft = maxBytes;
    const from = this.#position + 1;
    for (;;) {
      this.#current ??= await this.#enter();
      if (this.#current === undefined) return records;
      const { scanner, segment } = this.#current;
      const { bytes, last } = segment;
      const wentOn = await scanner.scan(bytes, (buffer, start, end, sequence) => {
        if (sequence < from) return true;
        const entry = decodeEntry(buffer, start, end);
        if (entry === undefined)
          this.#log.error({ file: segment.path, sequence }, 'a record of the log makes no sense');
        else records.push({ sequence, entry });
        bytesLeft -= end - start;
        return bytesLeft > 0;
      });
      this.#position = Math.max(this.#position, wentOn ? last : scanner.last);
      if (wentOn && scanner.offset < bytes) scanner.giveUp(bytes, last);
      this.#tell(segment.path, scanner.gaps.splice(0));
      if (!wentOn) return records;
      if (segment.bytes > bytes) continue;
      if (!this.#segments.some(({ first }) => first > segment.first)) return records;
      await this.close();
    }
  }

  /** Gives back what it has open; `next` would open it again. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) await close(current.fd);
  }

  #tell(file: string, gaps: readonly Gap[]): void {
    for (const { offset, bytes, first, last } of gaps) {
      if (this.#known.some((damage) => damage.file === file && damage.offset === offset)) continue;
      this.#log.warn(
        { file, offset, bytes, firstSequence: first, lastSequence: last },
        'the log is damaged: what lies there is passed over',
      );
    }
  }

  /** Opens the segment that holds the next record. */
  async #enter(): Promise<OpenSegment | undefined> {
    for (;;) {
      const segment = this.#segments.find(({ last }) => last > this.#position);
      if (segment === undefined) return undefined;
      const { first, start, path } = segment;
      // What lay before it was damaged or deleted.
      this.#position = Math.max(this.#position, first - 1);
      try {
        const fd = await open(path, 'r');
        return {
          segment,
          fd,
          scanner: new SegmentScanner(fd, { start, after: first - 1, kinds: this.#kinds }),
        };
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        // It was deleted in this moment.
        this.#position = Math.max(this.#position, segment.last);
      }
    }
  }
}
