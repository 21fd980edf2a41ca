import { Deadlines } from './deadlines.ts';
import { foldOutlet, foldStatus, hasHeardAll } from './fold-outlet.ts';
import type { KeyedReducer } from './keyed-reducer.ts';
import { type BoxState, createBox, type OutletState, valuesOf } from './outlet-state.ts';
import type { Photograph, PhotographRules, Reason } from './photograph.ts';
import { BOX_INDEX, OUTLETS_PER_BOX, type Readings } from './reading.ts';
import { isSignificant, significantReason } from './significance.ts';

const CHARGING = 2;
const NOT_INSTALLED = 6;
const COMMAND_VALID_MS = 30_000;

type Emit = (photograph: Photograph) => void;

/** Decides when photographs are taken, and of what (domain.md, "Photographs"). */
export class PhotographReducer implements KeyedReducer<Readings, Photograph> {
  readonly deadlines = new Deadlines();
  readonly #boxes = new Map<number, BoxState>();
  readonly #rules: PhotographRules;

  constructor(rules: PhotographRules) {
    this.#rules = rules;
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
        this.#foldValues(box, readings, emit);
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

  #foldStatuses(box: BoxState, { values, receivedAt, retained }: Readings, emit: Emit): void {
    for (const { index, value } of values) {
      if (index === BOX_INDEX) box.online = value === 0;
    }
    for (const { index, value } of values) {
      const state = box.outlets[index];
      if (state === undefined) continue;
      if (!retained) state.liveAtMs = receivedAt;
      if (value !== state.status) this.#changeStatus(state, value, receivedAt, emit);
      else state.foldedAtMs = receivedAt;
      this.#review(state, receivedAt, !retained, emit);
    }
  }

  /** No status is swallowed: one that is due is taken at once, with the values before this message (rule 5). */
  #changeStatus(state: OutletState, status: number, receivedAt: number, emit: Emit): void {
    const { due } = state;
    if (due !== undefined && waitsForValues(due.reason))
      this.#take(state, due.reason, state.foldedAtMs, emit);
    foldStatus(state, status, receivedAt);
    if (state.last === undefined) this.#becomeDue(state, 'first', receivedAt);
    else if (state.last.status !== status || due !== undefined) this.#becomeDue(state, 'status', receivedAt);
  }

  /** The voltage belongs to every outlet of the box, but is no sign of life of any. */
  #foldVoltage(box: BoxState, { values, receivedAt }: Readings, emit: Emit): void {
    box.voltageV = values[0]?.value ?? box.voltageV;
    for (const state of box.outlets) {
      state.foldedAtMs = receivedAt;
      this.#review(state, receivedAt, false, emit);
    }
  }

  #foldValues(box: BoxState, { quantity, values, receivedAt, retained }: Readings, emit: Emit): void {
    for (const { index, value } of values) {
      const state = box.outlets[index];
      if (state === undefined) continue;
      if (!retained) state.liveAtMs = receivedAt;
      if (foldOutlet(state, quantity, value, receivedAt) === 'reset') this.#noteReset(state, receivedAt);
      this.#review(state, receivedAt, !retained, emit);
    }
  }

  #noteReset(state: OutletState, receivedAt: number): void {
    state.registerReset = true;
    if (Number.isNaN(state.status) || state.status === NOT_INSTALLED) return;
    if (state.due === undefined || !waitsForValues(state.due.reason))
      this.#becomeDue(state, 'reset', receivedAt);
  }

  /**
   * After a message was folded: is something due, still moving, complete, or does the state call for more?
   * @param isLive whether the message was a live reading of this outlet
   */
  #review(state: OutletState, receivedAt: number, isLive: boolean, emit: Emit): void {
    const { due } = state;
    if (due === undefined) {
      const reason = significantReason(state, this.#rules) ?? (isLive ? overdueReason(state) : undefined);
      if (reason !== undefined) this.#becomeDue(state, reason, receivedAt);
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

  #becomeDue(state: OutletState, reason: Reason, receivedAt: number): void {
    state.due = { reason, sinceMs: receivedAt, anchor: valuesOf(state), significantAtMs: receivedAt };
    this.#arm(state);
  }

  /** Whether a `change` or `draw` has undone itself: all values are back inside their deadbands (rule 4). */
  #isBackInside(state: OutletState, reason: Reason): boolean {
    return (reason === 'change' || reason === 'draw') && significantReason(state, this.#rules) === undefined;
  }

  #passInterval(state: OutletState, at: number, emit: Emit): void {
    const isSilent = at - state.liveAtMs >= this.#rules.silentAfterMs;
    if (isSilent || !state.box.online) state.overdue = true;
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
      ...valuesOf(state),
      command: hasCommand ? state.command : Number.NaN,
      registerReset: state.registerReset,
    };
    state.last = photograph;
    state.due = undefined;
    state.overdue = false;
    state.registerReset = false;
    if (hasCommand) state.commandAtMs = Number.NaN;
    this.#arm(state);
    emit(photograph);
  }

  /** When the next interval photograph of this outlet falls due, or Infinity. */
  #intervalAt(state: OutletState): number {
    if (
      state.last === undefined ||
      state.overdue ||
      state.status === NOT_INSTALLED ||
      Number.isNaN(state.status)
    ) {
      return Number.POSITIVE_INFINITY;
    }
    const { intervalMs, idleIntervalMs } = this.#rules;
    return state.last.timeMs + (state.status === CHARGING ? intervalMs : idleIntervalMs);
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
    const interval = state.box.online ? this.#intervalAt(state) : Number.POSITIVE_INFINITY;
    return Math.min(settled, atMost, interval);
  }
}

/** `first` and `status` wait for the values that belong to the new status, and are taken whatever follows. */
function waitsForValues(reason: Reason): boolean {
  return reason === 'first' || reason === 'status';
}

function intervalReason(state: OutletState): 'interval' | 'idle' {
  return state.status === CHARGING ? 'interval' : 'idle';
}

function overdueReason(state: OutletState): 'interval' | 'idle' | undefined {
  return state.overdue && state.box.online ? intervalReason(state) : undefined;
}

function foldCommand(box: BoxState, { values, receivedAt }: Readings): void {
  for (const { index, value } of values) {
    const state = box.outlets[index];
    if (state === undefined) continue;
    state.command = value;
    state.commandAtMs = receivedAt;
  }
}
