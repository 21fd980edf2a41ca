import type { Refusals } from './refusals.ts';
import type { Retention } from './retention.ts';
import type { Segment } from './segment.ts';

interface SpaceOptions {
  readonly segments: readonly Segment[];
  readonly retention: Retention;
  readonly refusals: Refusals;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  /** What is taken and not yet in a segment. */
  readonly uncommittedBytes: () => number;
}

/** How much of the disk the log may have, and what it does to stay within. */
export class Space {
  readonly #options: SpaceOptions;
  #bytes = 0;

  constructor(options: SpaceOptions) {
    this.#options = options;
    this.measure();
  }

  /** Of all segments, as of the last measure. */
  get bytes(): number {
    return this.#bytes;
  }

  measure(): void {
    this.#bytes = this.#options.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Begins to refuse messages if there is no room for one more. A segment that is just being deleted counts as room. */
  check(): void {
    const { maxBytes, segmentBytes, retention, uncommittedBytes } = this.#options;
    const room = maxBytes + (retention.hasReleased ? segmentBytes : 0) - this.#bytes - uncommittedBytes();
    if (room <= 0) this.refuse();
  }

  refuse(): void {
    const { maxBytes, refusals } = this.#options;
    const reason = `the log holds ${this.#bytes} bytes, JOURNAL_MAX allows ${maxBytes}, and what InfluxDB has not taken cannot go`;
    refusals.begin('size', 'JOURNAL_MAX', reason);
  }

  /** Whether points and control records may still be written: a segment more, so that the sender's cursor can move. */
  get mayGrow(): boolean {
    return this.#bytes < this.#options.maxBytes + this.#options.segmentBytes;
  }

  /** The only segment could go, if there were another. */
  get needsNewSegment(): boolean {
    const { segments, retention } = this.#options;
    const [only, ...others] = segments;
    if (only === undefined || others.length > 0 || only.last < only.first) return false;
    return this.#isScarce() && retention.isReleased(only);
  }

  /** Deletes what may go; takes messages again if that made room. @returns whether anything went */
  async makeRoom(): Promise<boolean> {
    const { retention, refusals } = this.#options;
    const gone = await retention.run(() => {
      this.measure();
      return this.#isScarce();
    });
    this.measure();
    if (!this.#isScarce()) refusals.end('size');
    return gone > 0;
  }

  /** Deletes the oldest segment, if only replays would read it: the disk is full before the log is. */
  async deleteOne(): Promise<boolean> {
    let wanted = 1;
    const gone = await this.#options.retention.run(() => wanted-- > 0);
    this.measure();
    return gone > 0;
  }

  /** Less than a segment is left: what only replays would read has to go. */
  #isScarce(): boolean {
    const { maxBytes, segmentBytes, uncommittedBytes } = this.#options;
    return this.#bytes + uncommittedBytes() > maxBytes - segmentBytes;
  }
}
