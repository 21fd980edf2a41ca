import { createRegister, type EnergyRegister } from './energy-register.ts';
import { OUTLETS_PER_BOX } from './reading.ts';

/** One series that is written at most once in an interval. Numbers are NaN while unknown. */
export interface Series {
  readonly register: EnergyRegister;
  /** Arrival of the value. */
  readAtMs: number;
  writtenEnergy: number;
  /** When the open interval ends; NaN while none is open. */
  opensUntilMs: number;
}

/** An energy register in J: of an outlet (0..9) or of the box as a whole (10). */
export interface RegisterSeries extends Series {
  readonly index: number;
  /** Of an outlet: nothing is written while it is unknown or 6. */
  status: number;
  /** Last sign of life of the outlet. */
  liveAtMs: number;
}

/** The external meter; its register is in kWh. */
export interface MeterSeries extends Series {
  voltageV: number;
  currentA: number;
  writtenVoltageV: number;
  writtenCurrentA: number;
}

export interface BoxUtilization {
  readonly box: number;
  /** Last live message of any of its topics. */
  liveAtMs: number;
  /** The outlets, then the box as a whole. */
  readonly registers: readonly RegisterSeries[];
  readonly meter: MeterSeries;
}

/** @param atMs when it was first heard of: silence counts from there */
export function createBoxUtilization(box: number, atMs: number): BoxUtilization {
  const registers: RegisterSeries[] = [];
  for (let index = 0; index <= OUTLETS_PER_BOX; index++) registers.push(createRegisterSeries(index, atMs));
  return { box, liveAtMs: atMs, registers, meter: createMeterSeries() };
}

// Written out, since objects that are put together by spreading keep each number in a box of its own: measured by
// bench:streams.
function createRegisterSeries(index: number, atMs: number): RegisterSeries {
  return {
    register: createRegister(),
    readAtMs: Number.NaN,
    writtenEnergy: Number.NaN,
    opensUntilMs: Number.NaN,
    index,
    status: Number.NaN,
    liveAtMs: atMs,
  };
}

function createMeterSeries(): MeterSeries {
  return {
    register: createRegister(),
    readAtMs: Number.NaN,
    writtenEnergy: Number.NaN,
    opensUntilMs: Number.NaN,
    voltageV: Number.NaN,
    currentA: Number.NaN,
    writtenVoltageV: Number.NaN,
    writtenCurrentA: Number.NaN,
  };
}
