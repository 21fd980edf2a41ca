/** Which box is next: a binary heap over a fixed set, ordered by time, then by index. */
export class BoxQueue {
  readonly #heap: Int32Array;
  readonly #dueMs: Float64Array;

  /** @param dueMs when each box is due, by its index */
  constructor(dueMs: Float64Array) {
    this.#dueMs = dueMs;
    this.#heap = Int32Array.from(dueMs.keys());
    for (let position = (dueMs.length >> 1) - 1; position >= 0; position -= 1) this.#sink(position);
  }

  /** Index of the box that is due first. */
  first(): number {
    return this.#heap[0] ?? -1;
  }

  /** The first box is due again later. */
  delayFirst(dueMs: number): void {
    this.#dueMs[this.first()] = dueMs;
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const moved = heap[from] ?? -1;
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1] ?? -1, heap[child] ?? -1)) child += 1;
      const candidate = heap[child] ?? -1;
      if (!this.#before(candidate, moved)) break;
      heap[hole] = candidate;
      hole = child;
    }
    heap[hole] = moved;
  }

  #before(one: number, other: number): boolean {
    const oneMs = this.#dueMs[one] ?? 0;
    const otherMs = this.#dueMs[other] ?? 0;
    return oneMs < otherMs || (oneMs === otherMs && one < other);
  }
}
