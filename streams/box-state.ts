import { CELLS_PER_BOX, COLUMN, TO_LAST } from './outlet-columns.ts';
import { type BoxOfOutlet, OutletState } from './outlet-state.ts';
import { BOX_INDEX, OUTLETS_PER_BOX, type Readings, speaksOfAllOutlets } from './reading.ts';
import { STATUS } from './status.ts';
import { UNKNOWN } from './unknown.ts';

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
export class BoxState implements BoxOfOutlet {
  readonly box: number;
  online: boolean | null = null;
  voltageV = UNKNOWN;
  voltageAtMs = UNKNOWN;
  allLiveAtMs = UNKNOWN;
  readonly outlets: readonly OutletState[];
  readonly cells = new Float64Array(CELLS_PER_BOX).fill(UNKNOWN);
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
