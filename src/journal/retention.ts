import type { Log } from '../log.ts';
import { syncDirectory, unlinkIfThere } from './disk.ts';
import { listBefore, type Segment } from './segment.ts';

interface RetentionOptions {
  readonly directory: string;
  /** In order; those that are deleted are taken out of it. */
  readonly segments: Segment[];
  readonly keepMs: number;
  readonly now: () => number;
  readonly log: Log;
}

/** Deletes segments that nobody needs any more, oldest first. */
export class Retention {
  readonly #options: RetentionOptions;
  #snapshot = 0;
  #sent = 0;
  #failing = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Neither the snapshot nor the sender needs records up to these sequences. It never goes back. */
  release({ snapshot = 0, sent = 0 }: { readonly snapshot?: number; readonly sent?: number }): void {
    this.#snapshot = Math.max(this.#snapshot, snapshot);
    this.#sent = Math.max(this.#sent, sent);
  }

  /** Whether all records of a segment are released. */
  isReleased(segment: Segment): boolean {
    return segment.last <= Math.min(this.#snapshot, this.#sent);
  }

  /** Whether there is a segment that only replays would read. */
  get hasReleased(): boolean {
    const [oldest, ...others] = this.#options.segments;
    return oldest !== undefined && others.length > 0 && this.isReleased(oldest);
  }

  /**
   * Deletes what has been kept long enough, and, while `needsRoom`, what only replays would read. The last segment
   * stays: it tells where the log is.
   *
   * @returns how many segments went
   */
  async run(needsRoom: () => boolean): Promise<number> {
    const { directory, segments, log } = this.#options;
    let gone = 0;
    try {
      for (
        let oldest = this.#deletable(needsRoom);
        oldest !== undefined;
        oldest = this.#deletable(needsRoom)
      ) {
        // What was set aside of it first: if we are killed in between, the segment still leads the way to it.
        for (const path of await listBefore(directory, oldest.last + 1)) {
          if (path !== oldest.path) await unlinkIfThere(path);
        }
        await unlinkIfThere(oldest.path);
        segments.splice(segments.indexOf(oldest), 1);
        gone += 1;
        await syncDirectory(directory);
      }
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) log.warn({ err: error }, 'old segments of the log cannot be deleted');
      this.#failing = true;
    }
    return gone;
  }

  #deletable(needsRoom: () => boolean): Segment | undefined {
    const { segments, keepMs, now } = this.#options;
    const [oldest] = segments;
    if (oldest === undefined || !this.hasReleased) return undefined;
    return now() - oldest.newestAt > keepMs || needsRoom() ? oldest : undefined;
  }
}
