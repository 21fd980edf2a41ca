interface Entry {
  readonly key: number;
  at: number;
  /** Where in the heap it stands. */
  position: number;
}

/** One deadline a key, for very many keys: the earliest is at hand, and each may be moved. It holds one entry a key. */
export class Deadlines {
  readonly #entries = new Map<number, Entry>();
  /** A binary heap: no entry is before the one at half its position. */
  readonly #heap: Entry[] = [];

  /** Sets the deadline of `key` to `at` (ms), or takes it away with Infinity. */
  set(key: number, at: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (at !== Number.POSITIVE_INFINITY) this.#add({ key, at, position: this.#heap.length });
      return;
    }
    if (at === Number.POSITIVE_INFINITY) {
      this.#remove(entry);
      return;
    }
    const before = entry.at;
    entry.at = at;
    if (at < before) this.#rise(entry);
    else if (at > before) this.#sink(entry);
  }

  /** When the earliest deadline falls, or Infinity. */
  get earliest(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** How many keys have a deadline. */
  get size(): number {
    return this.#heap.length;
  }

  /** Takes away the earliest deadline if it falls at or before `at`, and gives its key and time. */
  takeDue(at: number): { readonly key: number; readonly at: number } | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > at) return undefined;
    this.#remove(first);
    return first;
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#heap.push(entry);
    this.#rise(entry);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#place(last, entry.position);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry): void {
    while (entry.position > 0) {
      const above = this.#heap[(entry.position - 1) >> 1];
      if (above === undefined || !isBefore(entry, above)) return;
      this.#swap(entry, above);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.position + 1];
      const right = this.#heap[2 * entry.position + 2];
      const below = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (below === undefined || !isBefore(below, entry)) return;
      this.#swap(below, entry);
    }
  }

  /** @param lower stands below `upper`, and takes its place */
  #swap(lower: Entry, upper: Entry): void {
    const { position } = lower;
    this.#place(lower, upper.position);
    this.#place(upper, position);
  }

  #place(entry: Entry, position: number): void {
    entry.position = position;
    this.#heap[position] = entry;
  }
}

/** Of the same time, the lower key comes first: the order depends on nothing that went before. */
function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.key < other.key);
}
