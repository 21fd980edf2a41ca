import { Deadlines } from './deadlines.ts';
import { foldOutlet, foldStatus, hasHeardAll, isKnown, type OutletQuantity } from './fold-outlet.ts';
import type { KeyedReducer } from './keyed-reducer.ts';
import {
  type BoxSnapshot,
  type BoxState,
  createBox,
  type OutletState,
  restoreBox,
  snapshotOf,
  valuesOf,
} from './outlet-state.ts';
import type { Photograph, PhotographRules, Reason } from './photograph.ts';
import { BOX_INDEX, isStale, OUTLETS_PER_BOX, type Readings } from './reading.ts';
import { isSignificant, significantReason } from './significance.ts';
import { STATUS } from './status.ts';

const COMMAND_VALID_MS = 30_000;

type Emit = (photograph: Photograph) => void;

/** Decides when photographs are taken, and of what (domain.md, "Photographs"). */
export class PhotographReducer implements KeyedReducer<Readings, Photograph> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new Map<number, BoxState>();
  readonly #rules: PhotographRules;

  /** @param state what `exportState` gave, to go on from there */
  constructor(rules: PhotographRules, state: readonly BoxSnapshot[] = []) {
    this.#rules = rules;
    for (const snapshot of state) {
      const box = restoreBox(snapshot);
      this.#boxes.set(box.box, box);
      for (const outlet of box.outlets) this.#arm(outlet);
    }
  }

  /** All that it knows, as plain data. */
  exportState(): BoxSnapshot[] {
    return [...this.#boxes.values()].map(snapshotOf);
  }

  fold(readings: Readings, emit: Emit): void {
    const box = this.#box(readings.box, readings.receivedAt);
    switch (readings.quantity) {
      case 'status':
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

  expire(key: number, at: number, emit: Emit): void {
    const box = this.#boxes.get(Math.floor(key / OUTLETS_PER_BOX));
    const state = box?.outlets[key % OUTLETS_PER_BOX];
    if (state === undefined) return;
    if (state.due !== undefined && !this.#isBackInside(state, state.due.reason)) {
      this.#take(state, state.due.reason, state.foldedAtMs, emit);
      return;
    }
    state.due = undefined;
    if (this.#intervalAt(state) <= at) this.#passInterval(state, at, emit);
    this.#arm(state);
  }

  #box(number: number, atMs: number): BoxState {
    const known = this.#boxes.get(number);
    if (known !== undefined) return known;
    const box = createBox(number, atMs);
    this.#boxes.set(number, box);
    return box;
  }

  #foldStatuses(box: BoxState, readings: Readings, emit: Emit): void {
    this.#foldConnection(box, readings);
    for (const { index, value } of readings.values) {
      const state = box.outlets[index];
      if (state === undefined || (isStale(readings) && !Number.isNaN(state.status))) continue;
      const isNew = value !== state.status;
      if (isNew) this.#changeStatus(state, value, readings, emit);
      this.#note(state, readings);
      if (!isNew && this.#isAtRest(state)) continue;
      this.#review(state, readings, true, emit);
    }
  }

  /** Whether what is known already cannot call for anything: most messages of most outlets, so it is worth knowing. */
  #isAtRest(state: OutletState): boolean {
    return state.due === undefined && !state.overdue && this.#rules.changeMinIntervalMs === 0;
  }

  /** Whether intervals pass depends on it, so each outlet's deadline does. */
  #foldConnection(box: BoxState, readings: Readings): void {
    const reading = readings.values.find(({ index }) => index === BOX_INDEX);
    if (reading === undefined || (isStale(readings) && box.online !== undefined)) return;
    const online = reading.value === 0;
    if (online === box.online) return;
    box.online = online;
    for (const state of box.outlets) this.#arm(state);
  }

  /** No status is swallowed: one that is due is taken at once, with the values before this message (rule 5). */
  #changeStatus(state: OutletState, status: number, { receivedAt, backlog }: Readings, emit: Emit): void {
    const { due } = state;
    if (due !== undefined && waitsForValues(due.reason))
      this.#take(state, due.reason, state.foldedAtMs, emit);
    foldStatus(state, status, receivedAt);
    state.backlog ||= backlog;
    if (state.last === undefined) this.#becomeDue(state, 'first', receivedAt);
    else if (state.last.status !== status) this.#becomeDue(state, 'status', receivedAt);
  }

  /** The voltage belongs to every outlet of the box, but is no sign of life of any. */
  #foldVoltage(box: BoxState, readings: Readings, emit: Emit): void {
    const voltageV = readings.values[0]?.value;
    if (voltageV === undefined || voltageV === box.voltageV) return;
    if (isStale(readings) && !Number.isNaN(box.voltageV)) return;
    box.voltageV = voltageV;
    for (const state of box.outlets) {
      state.foldedAtMs = readings.receivedAt;
      state.backlog ||= readings.backlog;
      this.#review(state, readings, false, emit);
    }
  }

  #foldValues(box: BoxState, quantity: OutletQuantity, readings: Readings, emit: Emit): void {
    const { receivedAt } = readings;
    for (const { index, value } of readings.values) {
      const state = box.outlets[index];
      if (state === undefined || (isStale(readings) && isKnown(state, quantity))) continue;
      const event = foldOutlet(state, quantity, value);
      if (event !== 'nothing') {
        state.foldedAtMs = receivedAt;
        state.backlog ||= readings.backlog;
      }
      if (event === 'reset') this.#noteReset(state, receivedAt);
      this.#note(state, readings);
      if (event === 'nothing' && this.#isAtRest(state)) continue;
      this.#review(state, readings, true, emit);
    }
  }

  /** A live reading of the outlet's own is a sign of its life. */
  #note(state: OutletState, { receivedAt, retained }: Readings): void {
    if (!retained) state.liveAtMs = receivedAt;
  }

  #noteReset(state: OutletState, receivedAt: number): void {
    state.registerReset = true;
    if (Number.isNaN(state.status) || state.status === STATUS.notInstalled) return;
    if (state.due === undefined || !waitsForValues(state.due.reason))
      this.#becomeDue(state, 'reset', receivedAt);
  }

  /**
   * After a message was folded: is something due, still moving, complete, or does the state call for more?
   * @param isOwn whether the message was of this outlet, and not of its whole box
   */
  #review(state: OutletState, { receivedAt, retained, backlog }: Readings, isOwn: boolean, emit: Emit): void {
    const { due } = state;
    if (due === undefined) {
      const reason =
        this.#changeReason(state, receivedAt) ?? (isOwn && !retained ? overdueReason(state) : undefined);
      if (reason === undefined) return;
      state.backlog ||= backlog;
      this.#becomeDue(state, reason, receivedAt);
      return;
    }
    const hadSettled = receivedAt >= due.significantAtMs + this.#rules.settleMs;
    if (hadSettled && waitsForValues(due.reason) && hasHeardAll(state)) {
      this.#take(state, due.reason, state.foldedAtMs, emit);
      return;
    }
    if (isSignificant(state, due.anchor, this.#rules)) {
      due.anchor = valuesOf(state);
      due.significantAtMs = receivedAt;
    }
    this.#arm(state);
  }

  /** What the values call for, unless this outlet has had its `change` or `draw` just now (rule 11). */
  #changeReason(state: OutletState, receivedAt: number): 'change' | 'draw' | undefined {
    if (receivedAt < state.changedAtMs + this.#rules.changeMinIntervalMs) return undefined;
    return significantReason(state, this.#rules);
  }

  #becomeDue(state: OutletState, reason: Reason, receivedAt: number): void {
    state.due = { reason, sinceMs: receivedAt, anchor: valuesOf(state), significantAtMs: receivedAt };
    state.foldedAtMs = receivedAt;
    this.#arm(state);
  }

  /** Whether a `change` or `draw` has undone itself: all values are back inside their deadbands (rule 4). */
  #isBackInside(state: OutletState, reason: Reason): boolean {
    return (reason === 'change' || reason === 'draw') && significantReason(state, this.#rules) === undefined;
  }

  #passInterval(state: OutletState, at: number, emit: Emit): void {
    const isSilent = at - state.liveAtMs >= this.#rules.silentAfterMs;
    if (isSilent || state.box.online === false) state.overdue = true;
    else this.#take(state, intervalReason(state), at, emit);
  }

  #take(state: OutletState, reason: Reason, timeMs: number, emit: Emit): void {
    const isOfStatus = reason === 'first' || reason === 'status';
    const hasCommand = isOfStatus && state.statusAtMs - state.commandAtMs <= COMMAND_VALID_MS;
    const photograph: Photograph = {
      box: state.box.box,
      outlet: state.outlet,
      timeMs: state.last === undefined ? timeMs : Math.max(timeMs, state.last.timeMs + 1),
      reason,
      status: state.status,
      currentMa: state.currentMa,
      powerFactor: state.powerFactor,
      voltageV: state.box.voltageV,
      energyJ: state.register.energyJ,
      command: hasCommand ? state.command : Number.NaN,
      registerReset: state.registerReset,
      backlog: state.backlog,
    };
    if (reason === 'change' || reason === 'draw') state.changedAtMs = photograph.timeMs;
    state.last = photograph;
    state.due = undefined;
    state.overdue = false;
    state.registerReset = false;
    state.backlog = false;
    if (hasCommand) state.commandAtMs = Number.NaN;
    this.#arm(state);
    emit(photograph);
  }

  /** When the next interval photograph of this outlet falls due, or Infinity. */
  #intervalAt(state: OutletState): number {
    if (
      state.last === undefined ||
      state.overdue ||
      state.status === STATUS.notInstalled ||
      Number.isNaN(state.status)
    ) {
      return Number.POSITIVE_INFINITY;
    }
    const { intervalMs, idleIntervalMs } = this.#rules;
    return state.last.timeMs + (state.status === STATUS.charging ? intervalMs : idleIntervalMs);
  }

  #arm(state: OutletState): void {
    this.deadlines.set(state.box.box * OUTLETS_PER_BOX + state.outlet, this.#deadlineOf(state));
  }

  #deadlineOf(state: OutletState): number {
    const { due } = state;
    if (due === undefined) return this.#intervalAt(state);
    const { settleMs, settleMaxMs } = this.#rules;
    const atMost = due.sinceMs + settleMaxMs;
    const settled =
      waitsForValues(due.reason) && !hasHeardAll(state) ? atMost : due.significantAtMs + settleMs;
    const interval = state.box.online === false ? Number.POSITIVE_INFINITY : this.#intervalAt(state);
    return Math.min(settled, atMost, interval);
  }
}

/** `first` and `status` wait for the values that belong to the new status, and are taken whatever follows. */
function waitsForValues(reason: Reason): boolean {
  return reason === 'first' || reason === 'status';
}

function intervalReason(state: OutletState): 'interval' | 'idle' {
  return state.status === STATUS.charging ? 'interval' : 'idle';
}

function overdueReason(state: OutletState): 'interval' | 'idle' | undefined {
  return state.overdue && state.box.online !== false ? intervalReason(state) : undefined;
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
