import type { Photograph } from '../../../streams/photograph.ts';
import { OUTLETS_PER_BOX, type Readings } from '../../../streams/reading.ts';
import { STATUS } from '../../../streams/status.ts';
import { UNKNOWN } from '../../../streams/unknown.ts';
import { Distribution } from './distribution.ts';

const QUANTITIES = ['current', 'powerFactor', 'voltage', 'energy'] as const;
type Quantity = (typeof QUANTITIES)[number];

/** How far one quantity lay from what was recorded of it: A, percent points, V, kWh. */
export interface Deviation {
  readonly readings: number;
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

interface Waiting {
  readonly atMs: number;
  readonly quantity: Quantity;
  readonly value: number;
}

interface Outlet {
  isCharging: boolean;
  last: Photograph | undefined;
  /** Readings that a photograph may still come to stand for, oldest first. */
  waiting: Waiting[];
}

/** From the unit of the wire to that of the report. */
const SCALE: Readonly<Record<Quantity, number>> = {
  current: 1 / 1000,
  powerFactor: 1,
  voltage: 1,
  energy: 1 / 3.6e6,
};

/**
 * How far the recorded staircase lies from the received values: each value of a charging outlet is compared with the last
 * photograph whose time is not after it.
 */
export class Staircase {
  readonly #boxes = new Map<number, Outlet[]>();
  readonly #deviations: Readonly<Record<Quantity, Distribution>> = {
    current: new Distribution(),
    powerFactor: new Distribution(),
    voltage: new Distribution(),
    energy: new Distribution(),
  };
  readonly #waitMs: number;
  readonly #fromMs: number;

  /**
   * @param waitMs a photograph is taken at most so long after the last message that it holds
   * @param fromMs values before only set the stage, ms UTC
   */
  constructor(waitMs: number, fromMs: number) {
    this.#waitMs = waitMs;
    this.#fromMs = fromMs;
  }

  read({ box, quantity, values, receivedAt }: Readings): void {
    const outlets = this.#outlets(box);
    for (const { index, value } of values) {
      const outlet = outlets[index];
      if (quantity === 'voltage')
        for (const each of outlets) this.#wait(each, { atMs: receivedAt, quantity, value });
      else if (outlet === undefined) continue;
      else if (quantity === 'status') outlet.isCharging = value === STATUS.charging;
      else if (quantity !== 'meter' && quantity !== 'command')
        this.#wait(outlet, { atMs: receivedAt, quantity, value });
    }
  }

  /** The photographs of one outlet come in the order of their times. */
  record(photograph: Photograph): void {
    const outlet = this.#outlets(photograph.box)[photograph.outlet];
    if (outlet === undefined) return;
    this.#settle(outlet, photograph.timeMs);
    outlet.last = photograph;
  }

  /** By quantity; of everything that was read. */
  result(): Readonly<Record<Quantity, Deviation>> {
    for (const outlets of this.#boxes.values())
      for (const outlet of outlets) this.#settle(outlet, Number.POSITIVE_INFINITY);
    const { current, powerFactor, voltage, energy } = this.#deviations;
    return {
      current: current.summary(),
      powerFactor: powerFactor.summary(),
      voltage: voltage.summary(),
      energy: energy.summary(),
    };
  }

  #outlets(box: number): Outlet[] {
    const known = this.#boxes.get(box);
    if (known !== undefined) return known;
    const outlets: Outlet[] = [];
    for (let index = 0; index < OUTLETS_PER_BOX; index++)
      outlets.push({ isCharging: false, last: undefined, waiting: [] });
    this.#boxes.set(box, outlets);
    return outlets;
  }

  #wait(outlet: Outlet, reading: Waiting): void {
    if (!outlet.isCharging) return;
    this.#settle(outlet, reading.atMs - this.#waitMs);
    outlet.waiting.push(reading);
  }

  /** No photograph with a time before that can come any more. */
  #settle(outlet: Outlet, beforeMs: number): void {
    let settled = 0;
    for (const { atMs, quantity, value } of outlet.waiting) {
      if (atMs >= beforeMs) break;
      settled++;
      const recorded = outlet.last === undefined ? UNKNOWN : recordedValue(outlet.last, quantity);
      if (recorded !== UNKNOWN && atMs >= this.#fromMs)
        this.#deviations[quantity].add(Math.abs(value - recorded) * SCALE[quantity]);
    }
    if (settled > 0) outlet.waiting.splice(0, settled);
  }
}

function recordedValue(photograph: Photograph, quantity: Quantity): number {
  if (quantity === 'current') return photograph.currentMa;
  if (quantity === 'powerFactor') return photograph.powerFactor;
  return quantity === 'voltage' ? photograph.voltageV : photograph.energyJ;
}
