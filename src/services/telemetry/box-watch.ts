import type { PhotographPoint } from '../../../streams/point.ts';
import type { Reducers } from '../../../streams/recovery.ts';
import { withDeadline } from '../../deadline.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { retry } from '../../retry.ts';
import type { Recorder } from './recorder.ts';

/** How long boxes that are new here wait for an InfluxDB that is away. */
const REACHED_WITHIN_MS = 5000;

interface BoxWatchParts {
  readonly reducers: Reducers;
  readonly recorder: Recorder;
  /** The last photographs of all outlets of some boxes, as InfluxDB has them. */
  readonly lastPhotographs: (
    boxes: ReadonlySet<number>,
    signal: AbortSignal,
  ) => AsyncIterable<PhotographPoint>;
  /** Subscribes to exactly these boxes. */
  readonly subscribe: (boxes: ReadonlySet<number>) => void;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Which boxes are watched. A box of which nothing is known here begins with its last photographs in InfluxDB, so that a
 * lost disk makes no `first` of what has been photographed before (domain.md, photographs rule 2).
 */
export class BoxWatch {
  readonly #parts: BoxWatchParts;
  #watched: ReadonlySet<number> = new Set();
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: BoxWatchParts) {
    this.#parts = parts;
  }

  /** Watches exactly these boxes from now on. */
  set(boxes: Iterable<number>): void {
    const wanted = new Set(boxes);
    this.#turn = this.#turn.then(() => this.#change(wanted));
  }

  /** Resolves when nothing is under way any more. */
  close(): Promise<void> {
    return this.#turn;
  }

  async #change(wanted: ReadonlySet<number>): Promise<void> {
    const { reducers, recorder, subscribe, signal } = this.#parts;
    await this.#readBack(wanted);
    if (signal.aborted) return;
    const known = new Set((reducers.connections ?? reducers.utilization)?.boxNumbers());
    recorder.noticeBoxes(
      'removed',
      [...this.#watched].filter((box) => !wanted.has(box)),
    );
    recorder.noticeBoxes(
      'listed',
      [...wanted].filter((box) => !known.has(box)),
    );
    this.#watched = wanted;
    subscribe(wanted);
  }

  async #readBack(wanted: ReadonlySet<number>): Promise<void> {
    const { reducers, recorder, lastPhotographs, signal, log } = this.#parts;
    const { photographs } = reducers;
    if (photographs === undefined) return;
    const known = new Set(photographs.boxNumbers());
    const unknown = new Set([...wanted].filter((box) => !known.has(box)));
    if (unknown.size === 0) return;
    try {
      const found: PhotographPoint[] = [];
      const read = async (): Promise<void> => {
        found.length = 0;
        for await (const point of lastPhotographs(unknown, signal)) found.push(point);
      };
      await withDeadline(REACHED_WITHIN_MS, signal, (within) =>
        retry('reading the last photographs back', read, log, within),
      );
      for (const point of found) recorder.recall(point);
      log.info({ boxes: unknown.size, photographs: found.length }, 'boxes that are new here');
    } catch (error) {
      if (signal.aborted) return;
      log.warn(
        { boxes: unknown.size, error: messageOf(error) },
        'the last photographs could not be read back from InfluxDB: those of new boxes begin with `first`',
      );
    }
  }
}
