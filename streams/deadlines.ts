/**
 * One deadline a key, for very many keys: the earliest is at hand, and moving one later costs nothing.
 * A heap entry whose deadline was moved later is put back when it comes up, so the heap never holds more
 * entries than deadlines were moved earlier.
 */
export class Deadlines {
  readonly #atOfKey = new Map<number, number>();
  readonly #heap: { key: number; at: number }[] = [];

  /** Sets the deadline of `key` to `at` (ms), or takes it away with Infinity. */
  set(key: number, at: number): void {
    const before = this.#atOfKey.get(key);
    if (at === before) return;
    if (at === Number.POSITIVE_INFINITY) {
      this.#atOfKey.delete(key);
      return;
    }
    this.#atOfKey.set(key, at);
    if (before === undefined || at < before) this.#push({ key, at });
  }

  /** When the earliest deadline falls, or Infinity. */
  get earliest(): number {
    this.#settleTop();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes away the earliest deadline if it falls at or before `at`, and gives its key and time. */
  takeDue(at: number): { key: number; at: number } | undefined {
    this.#settleTop();
    const top = this.#heap[0];
    if (top === undefined || top.at > at) return undefined;
    this.#pop();
    this.#atOfKey.delete(top.key);
    return top;
  }

  /** Brings the truth to the top: entries without a deadline go, entries that were moved later are put back. */
  #settleTop(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const at = this.#atOfKey.get(top.key);
      if (at === top.at) return;
      this.#pop();
      if (at !== undefined && at > top.at) this.#push({ key: top.key, at });
    }
  }

  #push(entry: { key: number; at: number }): void {
    const heap = this.#heap;
    let child = heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const entry = heap.pop();
    if (entry === undefined || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && right.at < below.at) {
        child++;
        below = right;
      }
      if (below.at >= entry.at) break;
      heap[parent] = below;
      parent = child;
    }
    heap[parent] = entry;
  }
}
