import type { Point } from '../../../streams/point.ts';

const HOUR_MS = 3_600_000;
const OUTLETS_PER_BOX = 10;

export interface NoisyOutlet {
  readonly box: number;
  readonly outlet: number;
  /** Photographs of `change` and `draw` in this hour and the one before. */
  readonly photographs: number;
}

/** Which outlets take most photographs because their values change: a sensor that chatters shows here (photographs rule 11). */
export class Noise {
  #hour = Number.NaN;
  #present = new Map<number, number>();
  #previous = new Map<number, number>();

  count({ measurement, tags, fields, timeMs }: Point): void {
    if (measurement !== 'photograph' || (fields.reason !== 'change' && fields.reason !== 'draw')) return;
    this.#turnTo(Math.floor(timeMs / HOUR_MS));
    const key = tags.box * OUTLETS_PER_BOX + tags.outlet;
    this.#present.set(key, (this.#present.get(key) ?? 0) + 1);
  }

  /** The noisiest first. */
  noisiest(most: number): NoisyOutlet[] {
    const totals = new Map(this.#previous);
    for (const [key, count] of this.#present) totals.set(key, (totals.get(key) ?? 0) + count);
    return [...totals]
      .sort(([keyA, a], [keyB, b]) => b - a || keyA - keyB)
      .slice(0, most)
      .map(([key, photographs]) => ({
        box: Math.floor(key / OUTLETS_PER_BOX),
        outlet: key % OUTLETS_PER_BOX,
        photographs,
      }));
  }

  #turnTo(hour: number): void {
    if (hour === this.#hour) return;
    this.#previous = hour === this.#hour + 1 ? this.#present : new Map();
    this.#present = new Map();
    this.#hour = hour;
  }
}
