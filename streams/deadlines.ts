interface Entry {
  readonly key: number;
  /** Where in the heap it stands. */
  position: number;
}

/** One deadline a key, for very many keys: the earliest is at hand, and each may be moved. It holds one entry a key. */
export class Deadlines {
  readonly #entries = new Map<number, Entry>();
  /** A binary heap: no entry is before the one at half its position. */
  readonly #heap: Entry[] = [];
  /** When each of them falls: apart, since looking for its place compares many times and moves few entries. */
  readonly #times: number[] = [];

  /** Sets the deadline of `key` to `at` (ms), or takes it away with Infinity. */
  set(key: number, at: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (at !== Number.POSITIVE_INFINITY) this.#add(key, at);
    } else if (at === Number.POSITIVE_INFINITY) this.#remove(entry);
    else if (at !== this.#times[entry.position]) this.#settle(entry, at);
  }

  /** When the earliest deadline falls, or Infinity. */
  get earliest(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  /** How many keys have a deadline. */
  get size(): number {
    return this.#heap.length;
  }

  /** Takes away the earliest deadline if it falls at or before `at`, and gives its key and time. */
  takeDue(at: number): { readonly key: number; readonly at: number } | undefined {
    const time = this.earliest;
    const first = this.#heap[0];
    if (time > at || first === undefined) return undefined;
    this.#remove(first);
    return { key: first.key, at: time };
  }

  #add(key: number, at: number): void {
    const entry = { key, position: this.#heap.length };
    this.#entries.set(key, entry);
    this.#heap.push(entry);
    this.#times.push(at);
    this.#settle(entry, at);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    const at = this.#times.pop();
    if (last === undefined || at === undefined || last === entry) return;
    last.position = entry.position;
    this.#settle(last, at);
  }

  /** Finds the place of `entry`, whose deadline is `at` from now on: it moves up or down from where it stands. */
  #settle(entry: Entry, at: number): void {
    let { position } = entry;
    for (let above = (position - 1) >> 1; position > 0; above = (position - 1) >> 1) {
      if (!this.#isBefore(at, entry, above)) break;
      this.#move(above, position);
      position = above;
    }
    for (;;) {
      const left = 2 * position + 1;
      const below = this.#earlierOf(left, left + 1);
      if (below >= this.#heap.length || this.#isBefore(at, entry, below)) break;
      this.#move(below, position);
      position = below;
    }
    entry.position = position;
    this.#heap[position] = entry;
    this.#times[position] = at;
  }

  /** Which of two neighbours comes first; `left` if there is no right one. */
  #earlierOf(left: number, right: number): number {
    const entry = this.#heap[right];
    const at = this.#times[right];
    return entry !== undefined && at !== undefined && this.#isBefore(at, entry, left) ? right : left;
  }

  /** Of the same time, the lower key comes first: the order depends on nothing that went before. */
  #isBefore(at: number, entry: Entry, position: number): boolean {
    const time = this.#times[position] ?? Number.POSITIVE_INFINITY;
    return at < time || (at === time && entry.key < (this.#heap[position]?.key ?? Number.POSITIVE_INFINITY));
  }

  #move(from: number, to: number): void {
    const entry = this.#heap[from];
    const at = this.#times[from];
    if (entry === undefined || at === undefined) return;
    entry.position = to;
    this.#heap[to] = entry;
    this.#times[to] = at;
  }
}
