import { registerEvent } from './energy-register.ts';
import { HEARD, type OutletState } from './outlet-state.ts';
import { UNKNOWN } from './unknown.ts';

/** What the readings of an outlet's own, other than its status, are of. */
export type OutletQuantity = 'current' | 'powerFactor' | 'energy';

/** What one value did: nothing, since it is known already or not yet believed; a change; or a register that began anew. */
export type FoldEvent = 'nothing' | 'changed' | 'reset';

/** Folds one value of an outlet's own, other than its status, into its state. */
export function foldOutlet(state: OutletState, quantity: OutletQuantity, value: number): FoldEvent {
  if (quantity === 'energy') return foldEnergy(state, value);
  const isNews = hear(state, HEARD[quantity]);
  const known = quantity === 'current' ? state.currentMa : state.powerFactor;
  if (!isNews && known === value) return 'nothing';
  if (quantity === 'current') state.currentMa = value;
  else state.powerFactor = value;
  return 'changed';
}

/** Whether the value of a quantity is known. */
export function isKnown(state: OutletState, quantity: OutletQuantity): boolean {
  if (quantity === 'energy') return state.energyJ !== UNKNOWN;
  return (quantity === 'current' ? state.currentMa : state.powerFactor) !== UNKNOWN;
}

function foldEnergy(state: OutletState, energyJ: number): FoldEvent {
  const before = state.energyJ;
  const event = registerEvent(before, state.heldJ, energyJ);
  if (event === 'held') {
    state.heldJ = energyJ;
    return 'nothing';
  }
  state.heldJ = UNKNOWN;
  state.energyJ = energyJ;
  const isNews = hear(state, HEARD.energy);
  if (event === 'reset') return 'reset';
  return isNews || energyJ !== before ? 'changed' : 'nothing';
}

/**
 * Folds a status that differs from the one before. Current and power factor of the state before say nothing
 * about the new one, so they are unknown until they arrive; the energy register is carried (photographs rule 4).
 */
export function foldStatus(state: OutletState, status: number, receivedAt: number): void {
  state.status = status;
  state.foldedAtMs = receivedAt;
  state.heardSinceStatus = 0;
  state.currentMa = UNKNOWN;
  state.powerFactor = UNKNOWN;
}

/** Whether all that this outlet has ever reported has arrived since its status did. */
export function hasHeardAll(state: OutletState): boolean {
  return (state.heardSinceStatus & state.heardEver) === state.heardEver;
}

/** Notes that something arrived; whether it is the first of it since the status did. */
function hear(state: OutletState, what: number): boolean {
  const isNews = (state.heardSinceStatus & what) === 0;
  state.heardEver |= what;
  state.heardSinceStatus |= what;
  return isNews;
}
