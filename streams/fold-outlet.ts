import { foldRegister, type RegisterEvent } from './energy-register.ts';
import { HEARD, type OutletState } from './outlet-state.ts';
import type { Quantity } from './reading.ts';

/** Folds one value of an outlet's own, other than its status, into its state. */
export function foldOutlet(
  state: OutletState,
  quantity: Quantity,
  value: number,
  receivedAt: number,
): RegisterEvent {
  state.foldedAtMs = receivedAt;
  switch (quantity) {
    case 'current':
      state.currentMa = value;
      hear(state, HEARD.current);
      return 'read';
    case 'powerFactor':
      state.powerFactor = value;
      hear(state, HEARD.powerFactor);
      return 'read';
    case 'energy':
      hear(state, HEARD.energy);
      return foldRegister(state.register, value);
    default:
      return 'read';
  }
}

/**
 * Folds a status that differs from the one before. Current and power factor of the state before say nothing
 * about the new one, so they are unknown until they arrive; the energy register is carried (photographs rule 4).
 */
export function foldStatus(state: OutletState, status: number, receivedAt: number): void {
  state.status = status;
  state.statusAtMs = receivedAt;
  state.foldedAtMs = receivedAt;
  state.heardSinceStatus = 0;
  state.currentMa = Number.NaN;
  state.powerFactor = Number.NaN;
}

function hear(state: OutletState, what: number): void {
  state.heardEver |= what;
  state.heardSinceStatus |= what;
}

/** Whether all that this outlet has ever reported has arrived since its status did. */
export function hasHeardAll(state: OutletState): boolean {
  return (state.heardSinceStatus & state.heardEver) === state.heardEver;
}
