import { BoxMap } from './box-map.ts';
import { type BoxPhotographs, exportBoxState, importBoxState } from './box-photographs.ts';
import { BoxState, type QuietFold } from './box-state.ts';
import { Camera, type Emit } from './camera.ts';
import { Deadlines } from './deadlines.ts';
import { foldOutlet, isKnown, type OutletQuantity } from './fold-outlet.ts';
import type { KeyedReducer, Snapshot } from './keyed-reducer.ts';
import type { Observation, Removed } from './observation.ts';
import { COLUMN } from './outlet-columns.ts';
import type { OutletState } from './outlet-state.ts';
import type { Photograph, PhotographRules } from './photograph.ts';
import { BOX_INDEX, isStale, OUTLETS_PER_BOX, type Readings, valueAt } from './reading.ts';
import { UNKNOWN } from './unknown.ts';

/** Decides when photographs are taken, and of what (domain.md, "Photographs"). */
export class PhotographReducer implements KeyedReducer<Photograph> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new BoxMap<BoxState>();
  readonly #camera: Camera;
  readonly #quietFolds: Readonly<Record<OutletQuantity, QuietFold>>;
  readonly #voltageDeadbandV: number;

  /** @param snapshot what its boxes were exported as, to go on from there */
  constructor(rules: PhotographRules, snapshot?: Snapshot<BoxPhotographs>) {
    this.#camera = new Camera(rules, this.deadlines);
    this.#quietFolds = {
      current: { column: COLUMN.currentMa, deadband: rules.currentDeadbandMa, onlyGrows: false },
      powerFactor: { column: COLUMN.powerFactor, deadband: rules.powerFactorDeadband, onlyGrows: false },
      energy: { column: COLUMN.energyJ, deadband: rules.energyDeadbandJ, onlyGrows: true },
    };
    this.#voltageDeadbandV = rules.voltageDeadbandV;
    for (const exported of snapshot?.boxes ?? []) {
      const box = importBoxState(exported);
      this.#boxes.set(box.box, box);
      for (const state of box.outlets) this.#camera.arm(state);
    }
  }

  boxNumbers(): Iterable<number> {
    return this.#boxes.keys();
  }

  exportBox(number: number): BoxPhotographs | undefined {
    const box = this.#boxes.get(number);
    return box === undefined ? undefined : exportBoxState(box);
  }

  fold(observation: Observation, emit: Emit): void {
    switch (observation.kind) {
      case 'readings':
        this.#foldReadings(observation, emit);
        break;
      case 'unobserved':
        for (const { outlets } of this.#boxes.values()) {
          for (const state of outlets) this.#camera.passGap(state, observation, emit);
        }
        break;
      case 'removed':
        this.#remove(observation, emit);
        break;
      case 'listed':
        break;
    }
  }

  expire(key: number, at: number, emit: Emit): void {
    const state = this.#outletOf(key);
    if (state !== undefined) this.#camera.expire(state, at, emit);
  }

  lapse(key: number, at: number): void {
    const state = this.#outletOf(key);
    if (state !== undefined) this.#camera.lapse(state, at);
  }

  /** Takes over a photograph that was recorded, according to the log or to InfluxDB. */
  recall(photograph: Photograph): void {
    const state = this.#box(photograph.box, photograph.timeMs).outlets[photograph.outlet];
    if (state !== undefined) this.#camera.recall(state, photograph);
  }

  #box(number: number, atMs: number): BoxState {
    const known = this.#boxes.get(number);
    if (known !== undefined) return known;
    const box = new BoxState(number, atMs);
    this.#boxes.set(number, box);
    return box;
  }

  #outletOf(key: number): OutletState | undefined {
    return this.#boxes.get(Math.floor(key / OUTLETS_PER_BOX))?.outlets[key % OUTLETS_PER_BOX];
  }

  #foldReadings(readings: Readings, emit: Emit): void {
    const box = this.#box(readings.box, readings.receivedAt);
    switch (readings.quantity) {
      case 'status':
        this.#foldConnection(box, readings);
        this.#foldStatuses(box, readings, emit);
        break;
      case 'voltage':
        this.#foldVoltage(box, readings, emit);
        break;
      case 'command':
        foldCommand(box, readings);
        break;
      case 'meter':
        break;
      default:
        this.#foldValues(box, readings.quantity, readings, emit);
    }
  }

  #foldStatuses(box: BoxState, readings: Readings, emit: Emit): void {
    for (const { index, value } of readings.values) {
      if (index !== BOX_INDEX && !box.isRepeated(index, value))
        this.#foldStatus(box, index, value, readings, emit);
    }
    if (!readings.retained) box.hear(readings);
  }

  #foldStatus(box: BoxState, index: number, value: number, readings: Readings, emit: Emit): void {
    const state = box.outlets[index];
    if (state === undefined || (isStale(readings) && state.status !== UNKNOWN)) return;
    if (value !== state.status) this.#camera.changeStatus(state, value, readings, emit);
    this.#camera.review(state, readings, true, emit);
  }

  #foldValues(box: BoxState, quantity: OutletQuantity, readings: Readings, emit: Emit): void {
    const { receivedAt, retained, backlog, values } = readings;
    const quietFold = this.#quietFolds[quantity];
    // What a photograph would say of these has to be noted; they are few.
    const mayBeQuiet = !backlog && !retained;
    for (const { index, value } of values) {
      if (index === BOX_INDEX) continue;
      const isQuiet = mayBeQuiet && box.foldQuietly(quietFold, index, value, receivedAt);
      if (!isQuiet) this.#foldValue(box, index, quantity, value, readings, emit);
    }
    if (!retained) box.hear(readings);
  }

  #foldValue(
    box: BoxState,
    index: number,
    quantity: OutletQuantity,
    value: number,
    readings: Readings,
    emit: Emit,
  ): void {
    const state = box.outlets[index];
    if (state === undefined || (isStale(readings) && isKnown(state, quantity))) return;
    const event = foldOutlet(state, quantity, value);
    if (event !== 'nothing') {
      state.foldedAtMs = readings.receivedAt;
      state.backlog ||= readings.backlog;
      if (event === 'reset') this.#camera.noteReset(state, readings.receivedAt);
    }
    this.#camera.review(state, readings, true, emit);
  }

  /** The voltage belongs to every outlet of the box, but is no sign of life of any. */
  #foldVoltage(box: BoxState, readings: Readings, emit: Emit): void {
    const voltageV = readings.values[0]?.value;
    if (voltageV === undefined || voltageV === box.voltageV) return;
    if (isStale(readings) && box.voltageV !== UNKNOWN) return;
    box.voltageV = voltageV;
    box.voltageAtMs = readings.receivedAt;
    if (readings.backlog) for (const state of box.outlets) state.backlog = true;
    for (let outlet = 0; outlet < OUTLETS_PER_BOX; outlet++) {
      if (box.isVoltageQuiet(outlet, this.#voltageDeadbandV)) continue;
      const state = box.outlets[outlet];
      if (state !== undefined) this.#camera.review(state, readings, false, emit);
    }
  }

  /** Whether intervals pass depends on it, so each outlet's deadline does. */
  #foldConnection(box: BoxState, readings: Readings): void {
    const value = valueAt(readings, BOX_INDEX);
    if (value === undefined || (isStale(readings) && box.online !== null)) return;
    const online = value === 0;
    if (online === box.online) return;
    box.online = online;
    for (const state of box.outlets) this.#camera.arm(state);
  }

  /** Of a box that is no longer watched remains what one that comes back is compared with (rule 2). */
  #remove({ box: number, receivedAt }: Removed, emit: Emit): void {
    const box = this.#boxes.get(number);
    if (box === undefined) return;
    const rest = new BoxState(number, receivedAt);
    this.#boxes.set(number, rest);
    for (const state of box.outlets) {
      this.#camera.close(state, emit);
      const remaining = rest.outlets[state.outlet];
      if (remaining === undefined) continue;
      remaining.last = state.last;
      this.#camera.arm(remaining);
    }
  }
}

/** A command that the broker has retained was sent at another time. */
function foldCommand(box: BoxState, { values, receivedAt, retained }: Readings): void {
  if (retained) return;
  for (const { index, value } of values) {
    const state = box.outlets[index];
    if (state === undefined) continue;
    state.command = value;
    state.commandAtMs = receivedAt;
  }
}
