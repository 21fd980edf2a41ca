/** A step forward of the wall clock from here on is time that nobody observed: a machine that slept, or a clock that was set. */
const STEP_MS = 2000;
/** The clock is read at least every second; a longer pause means that the process itself stood still. */
const STALL_MS = 10_000;
/** A wall clock that was set back is waited for by running slower, by this share. */
const SLEW = 0.1;

export interface ClockReading {
  /** ms UTC, whole; never less than before. */
  readonly nowMs: number;
  /** Since when nothing was observed, if that is so: the reading before. */
  readonly unobservedSinceMs: number | undefined;
}

/**
 * The time of what happens: that of the wall clock, as long as that one is sensible. It runs on the monotonic clock, so
 * that it never goes back: a wall clock that steps back is approached by running slower, and one that steps forward
 * leaves a stretch of time that was not observed (domain.md, "Silence, connection, gaps" rule 2).
 */
export class SteadyClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #now: number;
  #readAt: number;

  /**
   * @param wall the wall clock, ms UTC
   * @param monotonic a clock of the same pace that is never set, ms
   * @param notBefore the last time that is on record, ms UTC
   */
  constructor(wall: () => number, monotonic: () => number, notBefore = Number.NEGATIVE_INFINITY) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#readAt = monotonic();
    this.#now = Math.max(wall(), notBefore);
  }

  read(): ClockReading {
    const before = this.#now;
    const readAt = this.#monotonic();
    const passed = readAt - this.#readAt;
    this.#readAt = readAt;
    const expected = before + passed;
    const ahead = this.#wall() - expected;
    this.#now = expected + Math.max(ahead, -SLEW * passed);
    const isUnobserved = ahead > STEP_MS || passed > STALL_MS;
    return { nowMs: Math.floor(this.#now), unobservedSinceMs: isUnobserved ? Math.floor(before) : undefined };
  }

  /** How far it is ahead of the wall clock, ms: more than a little only after that one was set back. */
  get aheadMs(): number {
    return Math.round(this.#now + this.#monotonic() - this.#readAt - this.#wall());
  }
}
