import { Deadlines } from './deadlines.ts';
import { createRegister, type EnergyRegister, foldRegister } from './energy-register.ts';
import type { KeyedReducer } from './keyed-reducer.ts';
import { OUTLETS_PER_BOX, type Readings } from './reading.ts';

const NOT_INSTALLED = 6;

/** An outlet's energy register at one instant. */
export interface Consumption {
  readonly box: number;
  readonly outlet: number;
  /** Arrival of the reading, ms UTC. */
  readonly timeMs: number;
  readonly energyJ: number;
}

type Emit = (consumption: Consumption) => void;

interface OutletRegister {
  readonly box: number;
  readonly outlet: number;
  readonly register: EnergyRegister;
  status: number;
  /** Arrival of the register's value. */
  readAtMs: number;
  writtenJ: number;
  /** A value that differs from the last written waits for the end of its interval. */
  isOpen: boolean;
}

/**
 * Writes each outlet's register at most once an interval: the first value that differs from the last written
 * opens the interval, at its end the latest is written (domain.md, utilization rule 1).
 */
export class ConsumptionReducer implements KeyedReducer<Readings, Consumption> {
  readonly deadlines = new Deadlines();
  readonly #outlets = new Map<number, OutletRegister>();
  readonly #intervalMs: number;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  fold({ box, quantity, receivedAt, values }: Readings, emit: Emit): void {
    if (quantity !== 'energy' && quantity !== 'status') return;
    for (const { index, value } of values) {
      if (index >= OUTLETS_PER_BOX) continue;
      const key = box * OUTLETS_PER_BOX + index;
      const outlet = this.#outlets.get(key) ?? this.#add(key, box, index);
      if (quantity === 'status') outlet.status = value;
      else this.#foldEnergy(key, outlet, value, receivedAt, emit);
    }
  }

  expire(key: number, _at: number, emit: Emit): void {
    const outlet = this.#outlets.get(key);
    if (outlet === undefined) return;
    outlet.isOpen = false;
    write(outlet, outlet.register.energyJ, emit);
  }

  #add(key: number, box: number, outlet: number): OutletRegister {
    const register = createRegister();
    const unknown = Number.NaN;
    const added = {
      box,
      outlet,
      register,
      status: unknown,
      readAtMs: unknown,
      writtenJ: unknown,
      isOpen: false,
    };
    this.#outlets.set(key, added);
    return added;
  }

  #foldEnergy(key: number, outlet: OutletRegister, energyJ: number, receivedAt: number, emit: Emit): void {
    const { register } = outlet;
    const before = register.energyJ;
    const event = foldRegister(register, energyJ);
    if (event === 'held') return;
    if (event === 'reset') {
      write(outlet, before, emit);
      outlet.isOpen = false;
    }
    outlet.readAtMs = receivedAt;
    if (outlet.isOpen || register.energyJ === outlet.writtenJ) return;
    outlet.isOpen = true;
    this.deadlines.set(key, receivedAt + this.#intervalMs);
  }
}

function write(outlet: OutletRegister, energyJ: number, emit: Emit): void {
  const isInstalled = !Number.isNaN(outlet.status) && outlet.status !== NOT_INSTALLED;
  if (!isInstalled || energyJ === outlet.writtenJ) return;
  outlet.writtenJ = energyJ;
  emit({ box: outlet.box, outlet: outlet.outlet, timeMs: outlet.readAtMs, energyJ });
}
