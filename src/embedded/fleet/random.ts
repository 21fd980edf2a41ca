/**
 * A stream of pseudo-random numbers (sfc32) that follows from a seed and the keys that name the stream, the
 * same on every machine. Streams with different keys are independent, so that one box does not change
 * because another one was added.
 */
export class Random {
  // Kept as signed 32-bit integers, which V8 stores in place: 100,000 streams are small.
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, ...keys: readonly number[]) {
    let hash = mix(mix(0x9e3779b9, seed | 0), Math.floor(seed / 2 ** 32) | 0);
    for (const key of keys) hash = mix(hash, key | 0);
    this.#a = hash;
    this.#b = mix(hash, 0x243f6a88);
    this.#c = mix(hash, 0x85a308d3);
    for (let round = 0; round < 8; round += 1) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number in [low, high], both included. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Waiting time until an event that happens once in `mean`. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** About normal, mean 0 and deviation 1, never beyond 3: cheap, and noise that can be bounded. */
  noise(): number {
    return 2 * (this.next() + this.next() + this.next() - 1.5);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
