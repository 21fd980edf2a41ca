import type { BoxPower } from './box-power.ts';

import type { Random } from './random.ts';
import type { SimulatedOutlet } from './simulated-outlet.ts';

/** The topics that a box repeats; `P` is energy (domain.md, "Wire protocol"). */
export const PERIODIC_TOPICS = ['S', 'A', 'PF', 'P', 'V', 'PM'] as const;
export type PeriodicTopic = (typeof PERIODIC_TOPICS)[number];
/** The ones with a value for each outlet. */
export type OutletTopic = Exclude<PeriodicTopic, 'V' | 'PM'>;

/** A value that is reported in place of what the sensor of one outlet shows. */
export interface Glitch {
  readonly outlet: number;
  readonly reported: number;
}

/** What a box publishes, as its sensors see it: with noise far below any deadband, and rounded to the wire. */
export class BoxPayload {
  readonly #power: BoxPower;
  readonly #random: Random;

  constructor(power: BoxPower, random: Random) {
    this.#power = power;
    this.#random = random;
  }

  /** Everything the box knows of a quantity. */
  whole(topic: PeriodicTopic, atMs: number, glitch?: Glitch): string {
    switch (topic) {
      case 'V':
        return `x-${this.#voltageV()}`;
      case 'PM':
        return this.#meter(atMs);
      case 'S':
        return `${this.#vector(topic, atMs, glitch)},10-0`;
      case 'P':
        return `${this.#vector(topic, atMs, glitch)},10-${Math.floor(this.#power.energyJ)}`;
      default:
        return this.#vector(topic, atMs, glitch);
    }
  }

  /** What the sensor of an outlet shows, in the unit of the topic. */
  reading(topic: OutletTopic, outlet: SimulatedOutlet, atMs: number): number {
    if (topic === 'S') return outlet.status;
    if (topic === 'P') return Math.floor(outlet.energyJ);
    const currentA = outlet.currentA(atMs);
    if (currentA === 0) return 0;
    if (topic === 'PF') {
      return Math.min(100, Math.round(outlet.powerFactor(atMs) + 0.4 * this.#random.noise()));
    }
    return Math.round(1000 * currentA * (1 + 0.004 * this.#random.noise()));
  }

  #vector(topic: OutletTopic, atMs: number, glitch: Glitch | undefined): string {
    let payload = '';
    let index = 0;
    for (const outlet of this.#power.outlets) {
      const value = index === glitch?.outlet ? glitch.reported : this.reading(topic, outlet, atMs);
      payload += index === 0 ? `0-${value}` : `,${index}-${value}`;
      index += 1;
    }
    return payload;
  }

  #meter(atMs: number): string {
    const currentA = Math.round(this.#power.currentA(atMs) * 1000) / 1000;
    const energyKwh = Math.floor(this.#power.energyJ / 3600) / 1000;
    return `${this.#voltageV()},${currentA},0,0.97,${energyKwh}`;
  }

  #voltageV(): number {
    return Math.round(10 * (this.#power.voltageV + 0.15 * this.#random.noise())) / 10;
  }
}
