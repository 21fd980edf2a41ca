import type { OutletState } from './outlet-state.ts';
import type { OutletValues, PhotographRules } from './photograph.ts';
import { STATUS } from './status.ts';

/** One value against its reference: a deadband or more away, or known where the reference is not. */
function differs(value: number, reference: number, deadband: number): boolean {
  return Number.isNaN(reference) ? !Number.isNaN(value) : Math.abs(value - reference) >= deadband;
}

/** Whether any value lies a deadband or more from `reference`, or is known where that one is not. */
export function isSignificant(state: OutletState, reference: OutletValues, rules: PhotographRules): boolean {
  return (
    differs(state.currentMa, reference.currentMa, rules.currentDeadbandMa) ||
    differs(state.register.energyJ, reference.energyJ, rules.energyDeadbandJ) ||
    differs(state.powerFactor, reference.powerFactor, rules.powerFactorDeadband) ||
    differs(state.box.voltageV, reference.voltageV, rules.voltageDeadbandV)
  );
}

/** Whether energy flows that nobody is billed for: an unknown current counts as 0 A, an unknown energy not at all. */
function isDrawing(state: OutletState, reference: OutletValues | undefined, rules: PhotographRules): boolean {
  const currentMa = reference === undefined || Number.isNaN(reference.currentMa) ? 0 : reference.currentMa;
  const energyJ = reference?.energyJ ?? Number.NaN;
  return (
    Math.abs(state.currentMa - currentMa) >= rules.currentDeadbandMa ||
    Math.abs(state.register.energyJ - energyJ) >= rules.energyDeadbandJ
  );
}

/** What the values of an outlet with nothing due call for, compared with its last photograph (photographs rule 3). */
export function significantReason(state: OutletState, rules: PhotographRules): 'change' | 'draw' | undefined {
  if (state.last === undefined || Number.isNaN(state.status) || state.status === STATUS.notInstalled)
    return undefined;
  if (state.status === STATUS.charging) return isSignificant(state, state.last, rules) ? 'change' : undefined;
  return isDrawing(state, state.last, rules) ? 'draw' : undefined;
}
