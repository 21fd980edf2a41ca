import { COLUMN } from './outlet-columns.ts';
import type { OutletValues, Photograph, Reason } from './photograph.ts';
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
  /** The digit of the command that the status followed, or UNKNOWN. */
  readonly command: number;
}

/** What of the last photograph the next one is compared with. */
export interface LastPhotograph extends OutletValues {
  readonly timeMs: number;
  readonly status: number;
}

/** What an outlet has of its box. */
export interface BoxOfOutlet {
  readonly box: number;
  /** Unknown (null) counts as online. */
  readonly online: boolean | null;
  readonly voltageV: number;
  /** When the voltage last changed. */
  readonly voltageAtMs: number;
  /** Arrival of the last live message that spoke of all outlets. */
  readonly allLiveAtMs: number;
  /** The numbers of its outlets, by COLUMN. */
  readonly cells: Float64Array;
  /** Whether even a repeated value of an outlet may call for something. */
  setRestless(outlet: number, isRestless: boolean): void;
}

/** All that is known of one outlet. Numbers are UNKNOWN until they arrive. */
export class OutletState implements OutletValues {
  readonly box: BoxOfOutlet;
  readonly outlet: number;
  heardEver = 0;
  heardSinceStatus = 0;
  registerReset = false;
  /** Something folded since the last photograph waited at the broker. */
  backlog = false;
  /** An interval passed while the outlet was silent: it is taken with the first live reading. */
  overdue = false;
  /** Evida was started anew, perhaps with other rules: the next message is looked at whatever it says. */
  unreviewed = false;
  due: Due | null = null;
  readonly #cells: Float64Array;

  constructor(box: BoxOfOutlet, outlet: number) {
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

  /** A reading below the energy register, held until the next one (photographs rule 8). */
  get heldJ(): number {
    return this.#cells[COLUMN.heldJ + this.outlet] ?? UNKNOWN;
  }
  set heldJ(heldJ: number) {
    this.#cells[COLUMN.heldJ + this.outlet] = heldJ;
  }

  get command(): number {
    return this.#cells[COLUMN.command + this.outlet] ?? UNKNOWN;
  }
  set command(command: number) {
    this.#cells[COLUMN.command + this.outlet] = command;
  }

  get commandAtMs(): number {
    return this.#cells[COLUMN.commandAtMs + this.outlet] ?? UNKNOWN;
  }
  set commandAtMs(commandAtMs: number) {
    this.#cells[COLUMN.commandAtMs + this.outlet] = commandAtMs;
  }

  /** Time of the last `change` or `draw`. */
  get changedAtMs(): number {
    return this.#cells[COLUMN.changedAtMs + this.outlet] ?? UNKNOWN;
  }
  set changedAtMs(changedAtMs: number) {
    this.#cells[COLUMN.changedAtMs + this.outlet] = changedAtMs;
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
  const { reason, timeMs } = photograph;
  if (reason === 'change' || reason === 'draw') state.changedAtMs = timeMs;
  state.last = photograph;
  state.due = null;
  state.overdue = false;
  state.registerReset = false;
  state.backlog = false;
}
