import { readAll } from './disk.ts';
import type { JournalKind } from './entry.ts';
import { isIntact, kindOf, RECORD_HEADER_BYTES, recordBytes, sequenceOf } from './record.ts';

const CHUNK_BYTES = 1024 * 1024;
/** How far the sequence of a record may lie ahead to be believed after damage. */
const PLAUSIBLE_AHEAD = 2 ** 32;

/** No record there; more must be read to tell. Sizes are positive. */
const NONE = 0;
const MORE = -1;
const NOTHING = Buffer.alloc(0);

/** Told of each record in `bytes[start, end)`; false stops the scan behind it. */
export type Visit = (bytes: Buffer, start: number, end: number, sequence: number) => boolean;

/** A range that holds no record: bytes that are damaged, or a jump of the sequence (0 bytes). */
export interface Gap {
  readonly offset: number;
  readonly bytes: number;
  /** What is missing, by the sequences of its neighbours; empty if `first > last`. */
  readonly first: number;
  readonly last: number;
}

interface ScanOptions {
  /** Where to begin. */
  readonly start: number;
  /** The sequence before that of the first record. */
  readonly after: number;
  /** The sequence with which the next segment begins: records from there on are leftovers of a write that failed. */
  readonly before?: number | undefined;
  /** Only these are visited; the others are passed over by their header. */
  readonly kinds?: ReadonlySet<JournalKind> | undefined;
  /** Nobody keeps views of what was visited. */
  readonly reuse?: boolean;
}

/** Reads the records of one file in order, a chunk at a time, and finds its way behind what is damaged. */
export class SegmentScanner {
  /** Where the record behind the last one begins. */
  offset: number;
  /** The sequence of the last record that was read. */
  last: number;
  readonly gaps: Gap[] = [];
  readonly #fd: number;
  readonly #before: number;
  readonly #kinds: ReadonlySet<JournalKind> | undefined;
  readonly #reuse: boolean;
  /** What was read: `#bytes[0, #filled)` is the file from `#base` on. */
  #bytes: Buffer = NOTHING;
  #base = 0;
  #filled = 0;
  /** What `#sizeAt` must have to tell. */
  #needed = 0;
  /** Where this scan ends. */
  #end = 0;
  /** The record before `offset`, if it was passed over and so never verified. */
  #passedOver: number | undefined;
  /** Records that begin before this offset are verified, whatever their kind. */
  #verifyUntil = 0;

  constructor(
    fd: number,
    { start, after, before = Number.POSITIVE_INFINITY, kinds, reuse = false }: ScanOptions,
  ) {
    this.#fd = fd;
    this.offset = start;
    this.last = after;
    this.#before = before;
    this.#kinds = kinds;
    this.#reuse = reuse;
  }

  /**
   * Goes on up to `end`. Bytes before it that no record follows are left: `offset` tells where they begin.
   * @returns false if `visit` stopped it
   */
  async scan(end: number, visit: Visit): Promise<boolean> {
    this.#end = end;
    for (;;) {
      let size = this.#sizeAt(this.offset);
      // Only here is there anything to wait for: once a chunk, not once a record.
      if (size === MORE) size = await this.#sizeBehind(this.offset);
      if (size === NONE) {
        if (this.offset >= this.#end) return true;
        if (!this.#goBack() && !(await this.#resynchronise())) return true;
        continue;
      }
      const start = this.offset - this.#base;
      const sequence = sequenceOf(this.#bytes, start);
      if (sequence > this.last + 1) this.#note(this.offset, 0, sequence);
      this.last = sequence;
      const wanted = this.#isWanted(start);
      this.#passedOver = wanted || this.offset < this.#verifyUntil ? undefined : this.offset;
      this.offset += size;
      if (wanted && !visit(this.#bytes, start, start + size, sequence)) return false;
    }
  }

  /** Gives up what lies before `offset`, where the record of the sequence `last` ends: no record was found in it. */
  giveUp(offset: number, last: number): void {
    this.#note(this.offset, offset - this.offset, last + 1);
    this.offset = offset;
    this.#passedOver = undefined;
  }

  #isWanted(start: number): boolean {
    if (this.#kinds === undefined) return true;
    const kind = kindOf(this.#bytes, start);
    return kind !== undefined && this.#kinds.has(kind);
  }

  /** The size of the record at a place of the file: NONE if none can be believed, MORE if more must be read to tell. */
  #sizeAt(offset: number): number {
    if (offset + RECORD_HEADER_BYTES > this.#end) return NONE;
    if (!this.#holds(offset, RECORD_HEADER_BYTES)) return this.#more(RECORD_HEADER_BYTES);
    const start = offset - this.#base;
    const size = recordBytes(this.#bytes, start);
    if (size === undefined || offset + size > this.#end || !this.#mayFollow(start)) return NONE;
    if (offset >= this.#verifyUntil && this.#mayBePassedOver(start)) return size;
    if (!this.#holds(offset, size)) return this.#more(size);
    return isIntact(this.#bytes, start, start + size) ? size : NONE;
  }

  /** The same, and reads what it needs to tell. */
  async #sizeBehind(offset: number): Promise<number> {
    for (;;) {
      const size = this.#sizeAt(offset);
      if (size !== MORE) return size;
      if (!(await this.#fill(offset))) return NONE;
    }
  }

  #more(needed: number): typeof MORE {
    this.#needed = needed;
    return MORE;
  }

  #mayBePassedOver(start: number): boolean {
    return sequenceOf(this.#bytes, start) === this.last + 1 && !this.#isWanted(start);
  }

  #mayFollow(start: number): boolean {
    const sequence = sequenceOf(this.#bytes, start);
    return (
      sequence > this.last &&
      sequence < this.#before &&
      sequence <= this.last + PLAUSIBLE_AHEAD &&
      kindOf(this.#bytes, start) !== undefined
    );
  }

  /** What was passed over may have been damaged, its length too: it is looked at again, more closely. */
  #goBack(): boolean {
    if (this.#passedOver === undefined) return false;
    this.#verifyUntil = this.offset + 1;
    this.offset = this.#passedOver;
    this.last -= 1;
    this.#passedOver = undefined;
    return true;
  }

  /** Finds the next record behind damaged bytes. */
  async #resynchronise(): Promise<boolean> {
    const damaged = this.offset;
    this.#verifyUntil = this.#end;
    for (let offset = damaged + 1; offset + RECORD_HEADER_BYTES <= this.#end; offset++) {
      let size = this.#sizeAt(offset);
      if (size === MORE) size = await this.#sizeBehind(offset);
      if (size === NONE) continue;
      this.#note(damaged, offset - damaged, sequenceOf(this.#bytes, offset - this.#base));
      this.offset = offset;
      this.#verifyUntil = offset + 1;
      return true;
    }
    return false;
  }

  #note(offset: number, bytes: number, sequence: number): void {
    this.gaps.push({ offset, bytes, first: this.last + 1, last: sequence - 1 });
    this.last = sequence - 1;
  }

  #holds(offset: number, size: number): boolean {
    return offset >= this.#base && offset + size <= this.#base + this.#filled;
  }

  /** Reads on, so that the buffer begins at `offset` and holds what is needed. @returns whether the file has as much */
  async #fill(offset: number): Promise<boolean> {
    const wanted = Math.min(Math.max(this.#needed, CHUNK_BYTES), this.#end - offset);
    const had = this.#holds(offset, 0) ? this.#bytes.subarray(offset - this.#base, this.#filled) : NOTHING;
    const target = this.#reuse && this.#bytes.length >= wanted ? this.#bytes : Buffer.allocUnsafeSlow(wanted);
    const kept = had.copy(target);
    const read = await readAll(this.#fd, target, kept, wanted - kept, offset + kept);
    this.#bytes = target;
    this.#base = offset;
    this.#filled = kept + read;
    // The file is shorter than it was: somebody cut it off.
    if (this.#filled < wanted) this.#end = offset + this.#filled;
    return this.#filled >= this.#needed;
  }
}
