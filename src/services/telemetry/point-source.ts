import type { Journal } from '../../journal/journal.ts';
import type { JournalReader } from '../../journal/journal-reader.ts';

/** A point in the log. */
interface LoggedPoint {
  readonly sequence: number;
  /** Line protocol, ms. */
  readonly line: string;
}

/** The points of the log from a cursor on, as the sender takes them. */
export class PointSource {
  readonly #journal: Journal;
  readonly #reader: JournalReader;

  /** @param after the cursor: points up to here are answered */
  constructor(journal: Journal, after: number) {
    this.#journal = journal;
    this.#reader = journal.read(after + 1, { kinds: ['point'] });
  }

  /** Everything up to here was given, or is no point. */
  get position(): number {
    return this.#reader.position;
  }

  /** The next points, committed ones only; none if there are none now. */
  async next(maxBytes: number): Promise<readonly LoggedPoint[]> {
    const points: LoggedPoint[] = [];
    for (const { sequence, entry } of await this.#reader.next(maxBytes)) {
      if (entry.kind === 'point') points.push({ sequence, line: entry.line });
    }
    return points;
  }

  /** Resolves when something was committed that was not looked at. */
  waitForMore(signal: AbortSignal): Promise<void> {
    return this.#journal.committed(this.#reader.position + 1, signal);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
