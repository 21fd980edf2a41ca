import type { DeadLetter } from './dead-letter.ts';

/** How many letters of one kind died of one reason. */
export interface LetterCount {
  readonly kind: DeadLetter['kind'];
  readonly reason: string;
  readonly letters: number;
}

/** What a file of letters holds, without the letters: eight bytes each, for there may be a million. */
export class LetterIndex {
  /** Ascending. */
  readonly #ids: number[] = [];
  readonly #counts = new Map<string, LetterCount>();

  static of(letters: Iterable<DeadLetter>): LetterIndex {
    const index = new LetterIndex();
    for (const letter of letters) index.add(letter);
    return index;
  }

  get letters(): number {
    return this.#ids.length;
  }

  get lastId(): number {
    return this.#ids.at(-1) ?? 0;
  }

  get counts(): Iterable<LetterCount> {
    return this.#counts.values();
  }

  add({ id, kind, reason }: DeadLetter): void {
    // They come nearly in order: answers to requests in flight overtake each other.
    let at = this.#ids.length;
    while (at > 0 && (this.#ids[at - 1] ?? 0) > id) at -= 1;
    this.#ids.splice(at, 0, id);
    const key = keyOf({ kind, reason });
    const { letters = 0 } = this.#counts.get(key) ?? {};
    this.#counts.set(key, { kind, reason, letters: letters + 1 });
  }

  has(id: number): boolean {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? 0) < id) low = middle + 1;
      else high = middle;
    }
    return this.#ids[low] === id;
  }
}

/** The counts of several files, by kind and reason. */
export function sumCounts(indexes: Iterable<LetterIndex>): LetterCount[] {
  const sums = new Map<string, LetterCount>();
  for (const index of indexes) {
    for (const count of index.counts) {
      const key = keyOf(count);
      sums.set(key, { ...count, letters: count.letters + (sums.get(key)?.letters ?? 0) });
    }
  }
  return [...sums.values()];
}

function keyOf({ kind, reason }: Pick<LetterCount, 'kind' | 'reason'>): string {
  return `${kind} ${reason}`;
}
