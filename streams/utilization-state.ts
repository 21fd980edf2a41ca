import { BOX_INDEX, type Readings, speaksOfAllOutlets } from './reading.ts';
import { UNKNOWN } from './unknown.ts';

/** The series of a box: its outlets (0..9), the box as a whole (10), and the external meter (11). */
export const METER_SERIES = BOX_INDEX + 1;
export const SERIES_PER_BOX = METER_SERIES + 1;

/** Where in the cells of a box the numbers of its series stand that messages move: each of them twelve in a row. */
const COLUMN = {
  status: 0,
  liveAtMs: SERIES_PER_BOX,
  energy: 2 * SERIES_PER_BOX,
  held: 3 * SERIES_PER_BOX,
  readAtMs: 4 * SERIES_PER_BOX,
  writtenEnergy: 5 * SERIES_PER_BOX,
  writtenAtMs: 6 * SERIES_PER_BOX,
  opensUntilMs: 7 * SERIES_PER_BOX,
} as const;
const CELLS = 8 * SERIES_PER_BOX;

/**
 * All that utilization knows of one box, numbers UNKNOWN until they arrive. A message brings one quantity of all its
 * outlets: so the numbers of its series stand together, by quantity.
 */
export class BoxSeries {
  readonly box: number;
  readonly cells = new Float64Array(CELLS).fill(UNKNOWN);
  /** Besides its register in kWh the meter has these. */
  meterVoltageV = UNKNOWN;
  meterCurrentA = UNKNOWN;
  writtenVoltageV = UNKNOWN;
  writtenCurrentA = UNKNOWN;
  /** Arrival of the last live message of any of its topics, or when it was first heard of. */
  liveAtMs: number;
  /** Arrival of the last live message that spoke of all outlets. */
  allLiveAtMs = UNKNOWN;

  /** @param atMs when it was first heard of: silence counts from there */
  constructor(box: number, atMs: number) {
    this.box = box;
    this.liveAtMs = atMs;
    this.cells.fill(atMs, COLUMN.liveAtMs, COLUMN.liveAtMs + SERIES_PER_BOX);
  }

  /** One of its series; undefined if it has none of that index. Made when it is looked at: there are too many to keep. */
  seriesAt(index: number): Series | undefined {
    return index < SERIES_PER_BOX ? new Series(this, index) : undefined;
  }

  allSeries(): Series[] {
    return Array.from({ length: SERIES_PER_BOX }, (_, index) => new Series(this, index));
  }

  /** A live message is a sign of life of the box and its meter, and of the outlets that it speaks of. */
  hear(readings: Readings): void {
    const { quantity, receivedAt, values } = readings;
    this.liveAtMs = receivedAt;
    if (quantity === 'voltage' || quantity === 'meter' || quantity === 'command') return;
    if (speaksOfAllOutlets(readings)) this.allLiveAtMs = receivedAt;
    else for (const { index } of values) this.cells[COLUMN.liveAtMs + index] = receivedAt;
  }

  /**
   * Reads an energy register that has not fallen. Whether that calls for nothing more: an interval is open, or the value
   * is the last written.
   */
  readQuietly(index: number, energy: number, receivedAt: number): boolean {
    const { cells } = this;
    const known = cells[COLUMN.energy + index] ?? UNKNOWN;
    if (known === UNKNOWN || energy < known || cells[COLUMN.held + index] !== UNKNOWN) return false;
    cells[COLUMN.energy + index] = energy;
    cells[COLUMN.readAtMs + index] = receivedAt;
    return cells[COLUMN.opensUntilMs + index] !== UNKNOWN || cells[COLUMN.writtenEnergy + index] === energy;
  }

  setStatus(index: number, status: number): void {
    this.cells[COLUMN.status + index] = status;
  }
}

/** One series that is written at most once in an interval: an energy register in J, or the meter, whose register is in kWh. */
export class Series {
  readonly index: number;
  readonly #box: BoxSeries;

  constructor(box: BoxSeries, index: number) {
    this.#box = box;
    this.index = index;
  }

  /** Of an outlet: nothing is written while it is unknown or 6. */
  get status(): number {
    return this.#box.cells[COLUMN.status + this.index] ?? UNKNOWN;
  }
  set status(status: number) {
    this.#box.cells[COLUMN.status + this.index] = status;
  }

  /** Last sign of life: of an outlet its own, of the others any of the box. */
  get liveAtMs(): number {
    if (this.index >= BOX_INDEX) return this.#box.liveAtMs;
    return Math.max(this.#box.cells[COLUMN.liveAtMs + this.index] ?? UNKNOWN, this.#box.allLiveAtMs);
  }
  set liveAtMs(liveAtMs: number) {
    if (this.index >= BOX_INDEX) this.#box.liveAtMs = liveAtMs;
    else this.#box.cells[COLUMN.liveAtMs + this.index] = liveAtMs;
  }

  get energy(): number {
    return this.#box.cells[COLUMN.energy + this.index] ?? UNKNOWN;
  }
  set energy(energy: number) {
    this.#box.cells[COLUMN.energy + this.index] = energy;
  }

  /** A reading below the register, held until the next one (photographs rule 8). */
  get held(): number {
    return this.#box.cells[COLUMN.held + this.index] ?? UNKNOWN;
  }
  set held(held: number) {
    this.#box.cells[COLUMN.held + this.index] = held;
  }

  /** Arrival of the value. */
  get readAtMs(): number {
    return this.#box.cells[COLUMN.readAtMs + this.index] ?? UNKNOWN;
  }
  set readAtMs(readAtMs: number) {
    this.#box.cells[COLUMN.readAtMs + this.index] = readAtMs;
  }

  get writtenEnergy(): number {
    return this.#box.cells[COLUMN.writtenEnergy + this.index] ?? UNKNOWN;
  }
  set writtenEnergy(writtenEnergy: number) {
    this.#box.cells[COLUMN.writtenEnergy + this.index] = writtenEnergy;
  }

  /** Time of the last point. */
  get writtenAtMs(): number {
    return this.#box.cells[COLUMN.writtenAtMs + this.index] ?? UNKNOWN;
  }
  set writtenAtMs(writtenAtMs: number) {
    this.#box.cells[COLUMN.writtenAtMs + this.index] = writtenAtMs;
  }

  /** When the open interval ends; UNKNOWN while none is open. */
  get opensUntilMs(): number {
    return this.#box.cells[COLUMN.opensUntilMs + this.index] ?? UNKNOWN;
  }
  set opensUntilMs(opensUntilMs: number) {
    this.#box.cells[COLUMN.opensUntilMs + this.index] = opensUntilMs;
  }
}
