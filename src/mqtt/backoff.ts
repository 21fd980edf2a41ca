/** Growing pauses between attempts, at random, so that not all clients of a broker come back at one instant. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  readonly #random: () => number;
  #attempts = 0;

  /** @param random between 0 and 1 */
  constructor(firstMs: number, mostMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#random = random;
  }

  /** Doubles each time up to the most; between half of that and all of it. */
  nextMs(): number {
    const fullMs = Math.min(this.#mostMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts++;
    return fullMs * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
