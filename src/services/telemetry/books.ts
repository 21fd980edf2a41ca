import { z } from 'zod';

const Count = z.number().int().nonnegative();

export const BooksState = z.object({
  decoded: Count,
  deadMessages: Count,
  duplicate: Count,
  decided: Count,
  written: Count,
  deadPoints: Count,
});

export type BooksState = z.output<typeof BooksState>;

/**
 * What became of every message and every point, over all restarts: received = decoded + dead + duplicate, and
 * decided = written + dead + unsent (architecture.md, "Delivery"). They are rebuilt from the log, as all state is.
 */
export class Books {
  readonly #state: BooksState = {
    decoded: 0,
    deadMessages: 0,
    duplicate: 0,
    decided: 0,
    written: 0,
    deadPoints: 0,
  };

  /** @param state what `export` gave, to go on from there */
  restore(state: BooksState): void {
    Object.assign(this.#state, state);
  }

  export(): BooksState {
    return { ...this.#state };
  }

  countMessage(isDecoded: boolean): void {
    if (isDecoded) this.#state.decoded++;
    else this.#state.deadMessages++;
  }

  countDuplicate(): void {
    this.#state.duplicate++;
  }

  countPoint(): void {
    this.#state.decided++;
  }

  /** InfluxDB has answered for so many points. */
  countSent(written: number, dead: number): void {
    this.#state.written += written;
    this.#state.deadPoints += dead;
  }

  get messages() {
    const { decoded, deadMessages: dead, duplicate } = this.#state;
    return { received: decoded + dead + duplicate, decoded, dead, duplicate };
  }

  get points() {
    const { decided, written, deadPoints: dead } = this.#state;
    return { decided, written, dead, unsent: decided - written - dead };
  }
}
