import { hasHeardAll } from './fold-outlet.ts';
import type { OutletState } from './outlet-state.ts';
import type { PhotographRules, Reason } from './photograph.ts';
import { STATUS } from './status.ts';
import { UNKNOWN } from './unknown.ts';

/** `first` and `status` wait for the values that belong to the new status, and are taken whatever follows. */
export function waitsForValues(reason: Reason): boolean {
  return reason === 'first' || reason === 'status';
}

/** `change` and `draw` may undo themselves: they are dropped when all values are back inside their deadbands (rule 4). */
export function isDroppable(reason: Reason): boolean {
  return reason === 'change' || reason === 'draw';
}

export function intervalReason(state: OutletState): 'interval' | 'idle' {
  return state.status === STATUS.charging ? 'interval' : 'idle';
}

/** What fell due while the outlet was silent or its box offline, and becomes due with a live reading. */
export function overdueReason(state: OutletState): 'interval' | 'idle' | undefined {
  return state.overdue && state.box.online !== false ? intervalReason(state) : undefined;
}

/** When the next interval photograph of this outlet falls due, ms, or Infinity (rule 6). */
export function intervalAt(state: OutletState, { intervalMs, idleIntervalMs }: PhotographRules): number {
  const { lastTimeMs, status, overdue } = state;
  if (lastTimeMs === UNKNOWN || overdue || status === UNKNOWN || status === STATUS.notInstalled)
    return Number.POSITIVE_INFINITY;
  return lastTimeMs + (status === STATUS.charging ? intervalMs : idleIntervalMs);
}

/** When this outlet is to be looked at though no message came, ms, or Infinity. */
export function deadlineOf(state: OutletState, rules: PhotographRules): number {
  const { due } = state;
  if (due === null) return intervalAt(state, rules);
  const atMost = due.sinceMs + rules.settleMaxMs;
  const settled =
    waitsForValues(due.reason) && !hasHeardAll(state) ? atMost : due.significantAtMs + rules.settleMs;
  const interval = state.box.online === false ? Number.POSITIVE_INFINITY : intervalAt(state, rules);
  return Math.min(settled, atMost, interval);
}
