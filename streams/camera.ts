import type { Deadlines } from './deadlines.ts';
import { foldStatus, hasHeardAll } from './fold-outlet.ts';
import type { Unobserved } from './observation.ts';
import { HEARD, notePhotograph, type OutletState, valuesOf } from './outlet-state.ts';
import type { Photograph, PhotographRules, Reason } from './photograph.ts';
import {
  deadlineOf,
  intervalAt,
  intervalReason,
  isDroppable,
  overdueReason,
  waitsForValues,
} from './photograph-timing.ts';
import { OUTLETS_PER_BOX, type Readings } from './reading.ts';
import { isSignificant, significantReason } from './significance.ts';
import { STATUS } from './status.ts';
import { UNKNOWN } from './unknown.ts';

const COMMAND_VALID_MS = 30_000;

export type Emit = (photograph: Photograph) => void;

/** Takes the photographs of one outlet after the other: what of it is due, until when it settles, and what becomes of it. */
export class Camera {
  readonly #rules: PhotographRules;
  readonly #deadlines: Deadlines;

  constructor(rules: PhotographRules, deadlines: Deadlines) {
    this.#rules = rules;
    this.#deadlines = deadlines;
  }

  /** No status is swallowed: one that is due is taken at once, with the values before this message (rule 5). */
  changeStatus(state: OutletState, status: number, { receivedAt, backlog }: Readings, emit: Emit): void {
    const { due } = state;
    if (due !== null && waitsForValues(due.reason)) this.#take(state, due.reason, state.foldedAtMs, emit);
    foldStatus(state, status, receivedAt);
    state.backlog ||= backlog;
    const { last } = state;
    const command = takeCommand(state, receivedAt);
    if (last === null) this.#becomeDue(state, 'first', receivedAt, command);
    else if (last.status !== status) this.#becomeDue(state, 'status', receivedAt, command);
    else {
      // It was away, and is back as it was.
      if (intervalAt(state, this.#rules) <= receivedAt) state.overdue = true;
      this.arm(state);
    }
  }

  noteReset(state: OutletState, receivedAt: number): void {
    state.registerReset = true;
    if (state.status === UNKNOWN || state.status === STATUS.notInstalled) return;
    if (state.due === null || !waitsForValues(state.due.reason)) this.#becomeDue(state, 'reset', receivedAt);
  }

  /**
   * After a message was folded: is something due, still moving, complete, or does the state call for more?
   * @param isOwn whether the message was of this outlet, and not of its whole box
   */
  review(state: OutletState, { receivedAt, retained, backlog }: Readings, isOwn: boolean, emit: Emit): void {
    const { due } = state;
    state.unreviewed = false;
    if (due === null) {
      const reason =
        this.#changeReason(state, receivedAt) ?? (isOwn && !retained ? overdueReason(state) : undefined);
      if (reason === undefined) {
        this.#noteRest(state);
      } else {
        state.backlog ||= backlog;
        this.#becomeDue(state, reason, receivedAt);
      }
      return;
    }
    const hadSettled = receivedAt >= due.significantAtMs + this.#rules.settleMs;
    if (hadSettled && waitsForValues(due.reason) && hasHeardAll(state)) {
      this.#take(state, due.reason, state.foldedAtMs, emit);
      return;
    }
    if (isSignificant(state, due.anchor, this.#rules)) {
      state.due = { ...due, anchor: valuesOf(state), significantAtMs: receivedAt };
    }
    this.arm(state);
  }

  /** The deadline of the outlet came at `at`, ms. */
  expire(state: OutletState, at: number, emit: Emit): void {
    if (state.due !== null && !this.#isBackInside(state, state.due.reason)) {
      this.#take(state, state.due.reason, state.foldedAtMs, emit);
      return;
    }
    state.due = null;
    if (intervalAt(state, this.#rules) <= at) {
      const isSilent = at - state.liveAtMs >= this.#rules.silentAfterMs;
      if (isSilent || state.box.online === false) state.overdue = true;
      else this.#take(state, intervalReason(state), at, emit);
    }
    this.arm(state);
  }

  /** The deadline of the outlet came at `at`, ms, and nothing was recorded. */
  lapse(state: OutletState, at: number): void {
    // What must be taken is not forgotten: its deadline is set anew when Evida has been started.
    if (state.due !== null && !isDroppable(state.due.reason)) return;
    state.due = null;
    if (intervalAt(state, this.#rules) <= at) state.overdue = true;
    this.arm(state);
  }

  /** What was due and has settled meanwhile is taken at once; no interval passes while nothing is observed. */
  passGap(state: OutletState, { from, receivedAt: to }: Unobserved, emit: Emit): void {
    const wasSilent = from - state.liveAtMs >= this.#rules.silentAfterMs;
    if (!wasSilent) state.liveAtMs = to;
    if (state.due !== null && deadlineOf(state, this.#rules) <= to) {
      const { reason } = state.due;
      if (this.#isBackInside(state, reason)) state.due = null;
      else this.#take(state, reason, state.foldedAtMs, emit);
    }
    if (intervalAt(state, this.#rules) <= to) state.overdue = true;
    state.unreviewed = true;
    this.arm(state);
  }

  /** The box is no longer watched: what must be taken is taken with the values it has. */
  close(state: OutletState, emit: Emit): void {
    const reason = state.due?.reason;
    if (reason !== undefined && (waitsForValues(reason) || reason === 'reset'))
      this.#take(state, reason, state.foldedAtMs, emit);
  }

  /** Takes over a photograph that was recorded. */
  recall(state: OutletState, photograph: Photograph): void {
    if (photograph.timeMs < state.lastTimeMs) return;
    const { due } = state;
    notePhotograph(state, photograph);
    // What became due after it was not taken by it.
    if (due !== null && photograph.timeMs < due.sinceMs) state.due = due;
    this.arm(state);
  }

  /** Sets the deadline of the outlet anew. */
  arm(state: OutletState): void {
    this.#deadlines.set(state.box.box * OUTLETS_PER_BOX + state.outlet, deadlineOf(state, this.#rules));
    this.#noteRest(state);
  }

  /** At rest, a repeated value calls for nothing: most messages of most outlets, so it is worth knowing. */
  #noteRest(state: OutletState): void {
    const { due, overdue, unreviewed, heldJ, heardEver, heardSinceStatus } = state;
    const isEnergyMissing = (heardEver & ~heardSinceStatus & HEARD.energy) !== 0;
    const isWaiting = due !== null || overdue || unreviewed || heldJ !== UNKNOWN || isEnergyMissing;
    state.box.setRestless(state.outlet, isWaiting || this.#rules.changeMinIntervalMs > 0);
  }

  /** What the values call for, unless this outlet has had its `change` or `draw` just now (rule 11). */
  #changeReason(state: OutletState, receivedAt: number): 'change' | 'draw' | undefined {
    const isLimited =
      state.changedAtMs !== UNKNOWN && receivedAt < state.changedAtMs + this.#rules.changeMinIntervalMs;
    return isLimited ? undefined : significantReason(state, this.#rules);
  }

  #becomeDue(state: OutletState, reason: Reason, receivedAt: number, command = UNKNOWN): void {
    const anchor = valuesOf(state);
    state.due = { reason, sinceMs: receivedAt, anchor, significantAtMs: receivedAt, command };
    state.foldedAtMs = receivedAt;
    this.arm(state);
  }

  /** Whether a `change` or `draw` has undone itself: all values are back inside their deadbands (rule 4). */
  #isBackInside(state: OutletState, reason: Reason): boolean {
    return isDroppable(reason) && significantReason(state, this.#rules) === undefined;
  }

  #take(state: OutletState, reason: Reason, timeMs: number, emit: Emit): void {
    const photograph: Photograph = {
      box: state.box.box,
      outlet: state.outlet,
      timeMs: Math.max(timeMs, state.lastTimeMs + 1),
      reason,
      status: state.status,
      ...valuesOf(state),
      command: state.due?.command ?? UNKNOWN,
      registerReset: state.registerReset,
      backlog: state.backlog,
    };
    notePhotograph(state, photograph);
    this.arm(state);
    emit(photograph);
  }
}

/** The command that a status of `receivedAt` followed, if it was given within 30 s before; it is that status's alone. */
function takeCommand(state: OutletState, receivedAt: number): number {
  const { command, commandAtMs } = state;
  state.command = UNKNOWN;
  return receivedAt - commandAtMs <= COMMAND_VALID_MS ? command : UNKNOWN;
}
