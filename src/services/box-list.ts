import type { EboostBox } from '../eboost/api.ts';
import type { BoxListStore, ListAsRead } from '../eboost/box-list-store.ts';
import {
  acceptBoxList,
  type BoxListReview,
  type KnownBox,
  nameBoxes,
  reviewBoxList,
} from '../eboost/review-box-list.ts';
import { EvidaError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { retry } from '../retry.ts';

/** How soon `evida boxes accept` takes effect. */
const LOOK_EVERY_MS = 1000;
/** Boxes that a message names; there may be thousands. */
const MOST_NAMED = 10;

interface BoxListParts {
  /** All boxes of Eboost, complete. @throws EvidaError */
  readonly listBoxes: (signal: AbortSignal) => Promise<readonly EboostBox[]>;
  readonly store: BoxListStore;
  /** Listens to exactly these boxes from now on. */
  readonly listenTo: (boxes: readonly number[]) => void;
  /** The wall clock, ms UTC. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Which boxes Evida listens to: those of the last list that was taken. Whatever fails, it goes on listening to them;
 * what happens to the list happens in turn.
 */
export class BoxList {
  readonly #parts: BoxListParts;
  #known: readonly KnownBox[] = [];
  /** When the last list that was taken was read. */
  #readAtMs = 0;
  #looking: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** Said once, not at each look. */
  #lookFailure: string | undefined;
  #isClosed = false;

  constructor(parts: BoxListParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#known.length;
  }

  /** Those that are listened to; another array as soon as a list was read. */
  get boxes(): readonly KnownBox[] {
    return this.#known;
  }

  /** Listens to the boxes of the stored list, so that a start does not wait for Eboost; notices `accept` from now on. */
  async open(): Promise<void> {
    const { store, log } = this.#parts;
    await this.#inTurn(async () => {
      const stored = await store.known.readOrSetAside(log);
      if (stored === undefined) return;
      this.#listen(stored.boxes, stored.readAtMs);
      log.info({ boxes: stored.boxes.length, readAt: iso(stored.readAtMs) }, 'listening to the stored boxes');
    });
    if (!this.#isClosed) this.#look();
  }

  /**
   * Reads the list from Eboost, for as long as that takes, and does what follows from it.
   * @returns how many boxes are listened to, and what has changed
   * @throws EvidaError BOX_LIST_REFUSED if it lacks too many boxes; EBOOST_REFUSED
   */
  async read(signal: AbortSignal): Promise<object> {
    const { listBoxes, log, now } = this.#parts;
    const boxes = await retry('reading the box list', () => listBoxes(signal), log, signal);
    const readAtMs = now();
    const { listed, unknownIds } = nameBoxes(boxes);
    if (unknownIds.length > 0) {
      log.warn(
        { count: unknownIds.length, ids: unknownIds.slice(0, MOST_NAMED) },
        'not ids of boxes: left out',
      );
    }
    let result: object = {};
    await this.#inTurn(async () => {
      result = await this.#take(reviewBoxList(this.#known, listed, readAtMs), { readAtMs, boxes: listed });
    });
    return result;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#looking);
    await this.#turn;
  }

  /** Looks for an accepted list, over and over: a file is seen on every system, and a look costs next to nothing. */
  #look(): void {
    const lookAgain = (failure?: unknown) => {
      const problem = failure === undefined ? undefined : messageOf(failure);
      if (problem !== undefined && problem !== this.#lookFailure)
        this.#parts.log.error({ err: failure }, 'the accepted box list could not be taken');
      this.#lookFailure = problem;
      if (!this.#isClosed) this.#looking = setTimeout(() => this.#look(), LOOK_EVERY_MS).unref();
    };
    this.#inTurn(() => this.#takeAccepted()).then(() => lookAgain(), lookAgain);
  }

  async #takeAccepted(): Promise<void> {
    const { store, log } = this.#parts;
    const accepted = await store.accepted.read();
    if (accepted === undefined) return;
    if (accepted.readAtMs <= this.#readAtMs) {
      log.warn({ readAt: iso(accepted.readAtMs) }, 'the accepted box list is out of date: left out');
    } else {
      const review = acceptBoxList(this.#known, accepted.boxes, accepted.readAtMs);
      log.info(await this.#take(review, accepted), 'the accepted box list was taken');
    }
    await store.accepted.remove();
  }

  async #take(review: BoxListReview, list: ListAsRead): Promise<object> {
    const { store } = this.#parts;
    const before = this.#known.length;
    if (review.kind === 'refused') {
      this.#listen(review.boxes, this.#readAtMs);
      await this.#keep(() => store.refused.write(list));
      await this.#keepKnown();
      throw refusal(before, list.boxes.length, review.missing);
    }
    this.#listen(review.boxes, list.readAtMs);
    await this.#keepKnown();
    await this.#keep(() => store.refused.remove());
    const missing = review.boxes.filter(({ missingLists }) => missingLists > 0).length;
    const { added, removed } = review;
    return { boxes: this.size, added: added.length, removed: removed.length, missing };
  }

  #listen(known: readonly KnownBox[], readAtMs: number): void {
    this.#known = known;
    this.#readAtMs = readAtMs;
    this.#parts.listenTo(known.map(({ number }) => number));
  }

  #keepKnown(): Promise<void> {
    const list = { readAtMs: this.#readAtMs, boxes: this.#known };
    return this.#keep(() => this.#parts.store.known.write(list));
  }

  /** A disk that refuses must not stop anybody from listening. */
  async #keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const hint = error instanceof EvidaError ? error.hint : undefined;
      this.#parts.log.error({ err: error, hint }, 'the box list could not be kept');
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(() => (this.#isClosed ? undefined : work()));
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function refusal(known: number, listed: number, missing: readonly number[]): EvidaError {
  const named = missing.slice(0, MOST_NAMED).join(', ') + (missing.length > MOST_NAMED ? ', ...' : '');
  return new EvidaError('BOX_LIST_REFUSED', {
    operation: `taking a box list of ${listed} boxes`,
    problem: `it lacks ${missing.length} of the ${known} known boxes (${named}), more than 20 %; they are listened to as before`,
    hint: 'If they are gone for good, run `evida boxes accept`; if not, the next complete list is taken by itself.',
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
