import { createRegister, type EnergyRegister } from './energy-register.ts';
import type { OutletValues, Photograph, Reason } from './photograph.ts';
import { OUTLETS_PER_BOX } from './reading.ts';

/** A photograph that will be taken when things have settled. Times in ms. */
interface Due {
  readonly reason: Reason;
  readonly sinceMs: number;
  /** What later values are compared with, to see whether things still move. */
  anchor: OutletValues;
  significantAtMs: number;
}

/** What an outlet reports after its status changed; a bit each, to know what has arrived since. */
export const HEARD = { current: 1, powerFactor: 2, energy: 4 } as const;

/** All that is known of one outlet. Numbers are NaN while unknown: it keeps them unboxed. */
export interface OutletState {
  readonly box: BoxState;
  readonly outlet: number;
  status: number;
  currentMa: number;
  powerFactor: number;
  readonly register: EnergyRegister;
  /** When the status last changed. */
  statusAtMs: number;
  /** Arrival of the last message folded into this outlet. */
  foldedAtMs: number;
  /** Arrival of the last live reading of its own, or of the first that was heard of its box. */
  liveAtMs: number;
  heardEver: number;
  heardSinceStatus: number;
  command: number;
  commandAtMs: number;
  registerReset: boolean;
  /** Something folded since the last photograph waited at the broker. */
  backlog: boolean;
  /** Time of the last `change` or `draw`. */
  changedAtMs: number;
  /** An interval passed while the outlet was silent: it is taken with the first live reading. */
  overdue: boolean;
  due: Due | undefined;
  last: Photograph | undefined;
}

export interface BoxState {
  readonly box: number;
  /** Unknown counts as online. */
  online: boolean | undefined;
  voltageV: number;
  readonly outlets: readonly OutletState[];
}

/** @param atMs when it was first heard of: silence counts from there */
export function createBox(number: number, atMs: number): BoxState {
  const outlets: OutletState[] = [];
  const box: BoxState = { box: number, online: undefined, voltageV: Number.NaN, outlets };
  for (let outlet = 0; outlet < OUTLETS_PER_BOX; outlet++) outlets.push(createOutlet(box, outlet, atMs));
  return box;
}

function createOutlet(box: BoxState, outlet: number, atMs: number): OutletState {
  return {
    box,
    outlet,
    status: Number.NaN,
    currentMa: Number.NaN,
    powerFactor: Number.NaN,
    register: createRegister(),
    statusAtMs: Number.NaN,
    foldedAtMs: Number.NaN,
    liveAtMs: atMs,
    heardEver: 0,
    heardSinceStatus: 0,
    command: Number.NaN,
    commandAtMs: Number.NaN,
    registerReset: false,
    backlog: false,
    changedAtMs: Number.NaN,
    overdue: false,
    due: undefined,
    last: undefined,
  };
}

export function valuesOf(state: OutletState): OutletValues {
  return {
    currentMa: state.currentMa,
    powerFactor: state.powerFactor,
    voltageV: state.box.voltageV,
    energyJ: state.register.energyJ,
  };
}

/** The state of a box as plain data, to be kept and to go on from. */
export interface BoxSnapshot extends Omit<BoxState, 'outlets'> {
  readonly outlets: readonly Omit<OutletState, 'box'>[];
}

export function snapshotOf(box: BoxState): BoxSnapshot {
  const outlets = box.outlets.map(({ box: _, ...outlet }) => outlet);
  return structuredClone({ ...box, outlets });
}

export function restoreBox(snapshot: BoxSnapshot): BoxState {
  const outlets: OutletState[] = [];
  const box: BoxState = { ...snapshot, outlets };
  for (const outlet of structuredClone(snapshot.outlets)) outlets.push({ ...outlet, box });
  return box;
}
