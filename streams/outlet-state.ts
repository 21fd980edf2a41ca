import type { OutletValues, Photograph, Reason } from './photograph.ts';
import { BOX_INDEX, OUTLETS_PER_BOX, type Readings, speaksOfAllOutlets } from './reading.ts';
import { STATUS } from './status.ts';
import { UNKNOWN } from './unknown.ts';

/** What an outlet reports after its status changed; a bit each, to know what has arrived since. */
export const HEARD = { current: 1, powerFactor: 2, energy: 4 } as const;

/** A photograph that will be taken when things have settled. Times in ms. */
export interface Due {
  readonly reason: Reason;
  readonly sinceMs: number;
  /** What later values are compared with, to see whether things still move. */
  readonly anchor: OutletValues;
  readonly significantAtMs: number;
}

/** What of the last photograph the next one is compared with. */
export interface LastPhotograph extends OutletValues {
  readonly timeMs: number;
  readonly status: number;
}

/**
 * Where in the cells of a box the numbers of its outlets stand that messages move or are compared with: each of them ten
 * in a row.
 */
export const COLUMN = {
  status: 0,
  currentMa: 10,
  powerFactor: 20,
  energyJ: 30,
  liveAtMs: 40,
  foldedAtMs: 50,
  lastStatus: 60,
  lastCurrentMa: 70,
  lastPowerFactor: 80,
  lastEnergyJ: 90,
  lastVoltageV: 100,
  lastTimeMs: 110,
} as const;
const CELLS = 120;
/** From a value to the one in the last photograph. */
const TO_LAST = COLUMN.lastStatus - COLUMN.status;

/** How values of a quantity are folded that call for nothing. */
export interface QuietFold {
  readonly column: number;
  readonly deadband: number;
  /** A fall has to be looked at. */
  readonly onlyGrows: boolean;
}

/**
 * All that is known of one box. A message brings one quantity of all its outlets, and mostly calls for nothing: so what
 * messages move stands together, by quantity, and not with the rest of each outlet's state.
 */
export class BoxState {
  readonly box: number;
  /** Unknown (null) counts as online. */
  online: boolean | null = null;
  voltageV = UNKNOWN;
  /** When the voltage last changed. */
  voltageAtMs = UNKNOWN;
  /** Arrival of the last live message that spoke of all outlets. */
  allLiveAtMs = UNKNOWN;
  readonly outlets: readonly OutletState[];
  readonly cells = new Float64Array(CELLS).fill(UNKNOWN);
  /** A bit each outlet of which even a repeated value may call for something. */
  #restless = 0;

  /** @param atMs when it was first heard of: silence counts from there */
  constructor(box: number, atMs: number) {
    this.box = box;
    this.cells.fill(atMs, COLUMN.liveAtMs, COLUMN.liveAtMs + OUTLETS_PER_BOX);
    this.outlets = Array.from({ length: OUTLETS_PER_BOX }, (_, outlet) => new OutletState(this, outlet));
  }

  setRestless(outlet: number, isRestless: boolean): void {
    const bit = 1 << outlet;
    this.#restless = isRestless ? this.#restless | bit : this.#restless & ~bit;
  }

  /** Whether a status repeats what is known of an outlet at rest. */
  isRepeated(outlet: number, status: number): boolean {
    return this.cells[COLUMN.status + outlet] === status && this.#isAtRest(outlet);
  }

  /**
   * Folds a value of an outlet at rest that stays inside its deadband: as all the others do, it calls for nothing. False,
   * and nothing folded, if it has to be looked at.
   */
  foldQuietly(
    { column, deadband, onlyGrows }: QuietFold,
    outlet: number,
    value: number,
    receivedAt: number,
  ): boolean {
    const at = column + outlet;
    const known = this.cells[at] ?? UNKNOWN;
    if (known === UNKNOWN || !this.#isAtRest(outlet)) return false;
    if (value === known) return true;
    const isFall = onlyGrows && value < known;
    if (isFall || !isInside(value, this.cells[at + TO_LAST] ?? UNKNOWN, deadband)) return false;
    this.cells[at] = value;
    this.cells[COLUMN.foldedAtMs + outlet] = receivedAt;
    return true;
  }

  /** Whether the voltage calls for nothing of an outlet. */
  isVoltageQuiet(outlet: number, deadband: number): boolean {
    if (!this.#isAtRest(outlet)) return false;
    const isCharging = this.cells[COLUMN.status + outlet] === STATUS.charging;
    return (
      !isCharging || isInside(this.voltageV, this.cells[COLUMN.lastVoltageV + outlet] ?? UNKNOWN, deadband)
    );
  }

  /** A live reading of an outlet's own is a sign of its life. */
  hear(readings: Readings): void {
    const { receivedAt, values } = readings;
    if (speaksOfAllOutlets(readings)) this.allLiveAtMs = receivedAt;
    else
      for (const { index } of values)
        if (index !== BOX_INDEX) this.cells[COLUMN.liveAtMs + index] = receivedAt;
  }

  #isAtRest(outlet: number): boolean {
    return (this.#restless & (1 << outlet)) === 0;
  }
}

function isInside(value: number, reference: number, deadband: number): boolean {
  return reference !== UNKNOWN && Math.abs(value - reference) < deadband;
}

/** All that is known of one outlet. Numbers are UNKNOWN until they arrive. */
export class OutletState implements OutletValues {
  readonly box: BoxState;
  readonly outlet: number;
  /** A reading below the energy register, held until the next one (photographs rule 8). */
  heldJ = UNKNOWN;
  /** When the status last changed. */
  statusAtMs = UNKNOWN;
  heardEver = 0;
  heardSinceStatus = 0;
  command = UNKNOWN;
  commandAtMs = UNKNOWN;
  registerReset = false;
  /** Something folded since the last photograph waited at the broker. */
  backlog = false;
  /** Time of the last `change` or `draw`. */
  changedAtMs = UNKNOWN;
  /** An interval passed while the outlet was silent: it is taken with the first live reading. */
  overdue = false;
  /** Evida was started anew, perhaps with other rules: the next message is looked at whatever it says. */
  unreviewed = false;
  due: Due | null = null;
  readonly #cells: Float64Array;

  constructor(box: BoxState, outlet: number) {
    this.box = box;
    this.outlet = outlet;
    this.#cells = box.cells;
  }

  get status(): number {
    return this.#cells[COLUMN.status + this.outlet] ?? UNKNOWN;
  }
  set status(status: number) {
    this.#cells[COLUMN.status + this.outlet] = status;
  }

  get currentMa(): number {
    return this.#cells[COLUMN.currentMa + this.outlet] ?? UNKNOWN;
  }
  set currentMa(currentMa: number) {
    this.#cells[COLUMN.currentMa + this.outlet] = currentMa;
  }

  get powerFactor(): number {
    return this.#cells[COLUMN.powerFactor + this.outlet] ?? UNKNOWN;
  }
  set powerFactor(powerFactor: number) {
    this.#cells[COLUMN.powerFactor + this.outlet] = powerFactor;
  }

  get voltageV(): number {
    return this.box.voltageV;
  }

  get energyJ(): number {
    return this.#cells[COLUMN.energyJ + this.outlet] ?? UNKNOWN;
  }
  set energyJ(energyJ: number) {
    this.#cells[COLUMN.energyJ + this.outlet] = energyJ;
  }

  /** Arrival of the last live reading of its own, or of the first that was heard of its box. */
  get liveAtMs(): number {
    return Math.max(this.#cells[COLUMN.liveAtMs + this.outlet] ?? UNKNOWN, this.box.allLiveAtMs);
  }
  set liveAtMs(liveAtMs: number) {
    this.#cells[COLUMN.liveAtMs + this.outlet] = liveAtMs;
  }

  /** Arrival of the last message folded into this outlet; one with the voltage is folded into all of the box. */
  get foldedAtMs(): number {
    return Math.max(this.#cells[COLUMN.foldedAtMs + this.outlet] ?? UNKNOWN, this.box.voltageAtMs);
  }
  set foldedAtMs(foldedAtMs: number) {
    this.#cells[COLUMN.foldedAtMs + this.outlet] = foldedAtMs;
  }

  /** When the last photograph of it was taken, or UNKNOWN. */
  get lastTimeMs(): number {
    return this.#cells[COLUMN.lastTimeMs + this.outlet] ?? UNKNOWN;
  }

  get last(): LastPhotograph | null {
    const timeMs = this.lastTimeMs;
    if (timeMs === UNKNOWN) return null;
    const at = (column: number): number => this.#cells[column + this.outlet] ?? UNKNOWN;
    return {
      timeMs,
      status: at(COLUMN.lastStatus),
      currentMa: at(COLUMN.lastCurrentMa),
      powerFactor: at(COLUMN.lastPowerFactor),
      voltageV: at(COLUMN.lastVoltageV),
      energyJ: at(COLUMN.lastEnergyJ),
    };
  }
  set last(last: LastPhotograph | null) {
    this.#cells[COLUMN.lastTimeMs + this.outlet] = last?.timeMs ?? UNKNOWN;
    this.#cells[COLUMN.lastStatus + this.outlet] = last?.status ?? UNKNOWN;
    this.#cells[COLUMN.lastCurrentMa + this.outlet] = last?.currentMa ?? UNKNOWN;
    this.#cells[COLUMN.lastPowerFactor + this.outlet] = last?.powerFactor ?? UNKNOWN;
    this.#cells[COLUMN.lastVoltageV + this.outlet] = last?.voltageV ?? UNKNOWN;
    this.#cells[COLUMN.lastEnergyJ + this.outlet] = last?.energyJ ?? UNKNOWN;
  }
}

export function valuesOf({ currentMa, powerFactor, voltageV, energyJ }: OutletValues): OutletValues {
  return { currentMa, powerFactor, voltageV, energyJ };
}

/** Notes that a photograph of the outlet was recorded: the next ones are compared with it, and nothing is due. */
export function notePhotograph(state: OutletState, photograph: Photograph): void {
  const { reason, timeMs, command } = photograph;
  if (reason === 'change' || reason === 'draw') state.changedAtMs = timeMs;
  if (command !== UNKNOWN) state.command = UNKNOWN;
  state.last = photograph;
  state.due = null;
  state.overdue = false;
  state.registerReset = false;
  state.backlog = false;
}
