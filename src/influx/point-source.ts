/** A point as the log has it: its sequence there, and its line of line protocol. */
export interface SourcePoint {
  readonly sequence: number;
  readonly line: string;
}

/** The log as a sender reads it: points only, in order, each once, and only what is safely on disk. */
export interface PointSource {
  /** The next points, of about so many bytes of lines, at least one if there is one; none only if there is nothing now. */
  next(maxBytes: number): Promise<readonly SourcePoint[]>;
  /** Resolves when `next` may have more; rejects once the signal is aborted. */
  waitForMore(signal: AbortSignal): Promise<void>;
  /** The sequence up to which it has read, also past records that are not points. */
  readonly position: number;
}
