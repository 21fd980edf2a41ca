/** Neighbouring values closer than this are counted as one: 1 %. */
const LOG_STEP = Math.log(1.01);
/** Values below are counted as 0: far below any deadband. */
const SMALLEST = 1e-6;

/** Mean, percentile and maximum of very many values of at least 0, in little memory; percentiles are exact to 1 %. */
export class Distribution {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #max = 0;

  add(value: number): void {
    const bucket = value < SMALLEST ? Number.NEGATIVE_INFINITY : Math.round(Math.log(value) / LOG_STEP);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#sum += value;
    this.#max = Math.max(this.#max, value);
  }

  summary(): {
    readonly readings: number;
    readonly mean: number;
    readonly p99: number;
    readonly max: number;
  } {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    return { readings: this.#count, mean, p99: this.#percentile(0.99), max: this.#max };
  }

  #percentile(share: number): number {
    let below = 0;
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      below += count;
      if (below >= share * this.#count) return Math.min(this.#max, Math.exp(bucket * LOG_STEP));
    }
    return 0;
  }
}
