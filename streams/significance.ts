import type { OutletState } from './outlet-state.ts';
import type { OutletValues, PhotographRules } from './photograph.ts';
import { STATUS } from './status.ts';
import { UNKNOWN } from './unknown.ts';

/** One value against its reference: a deadband or more away, or known where the reference is not. */
function differs(value: number, reference: number, deadband: number): boolean {
  if (value === reference || value === UNKNOWN) return false;
  return reference === UNKNOWN || Math.abs(value - reference) >= deadband;
}

/** Whether any value lies a deadband or more from `reference`, or is known where that one is not. */
export function isSignificant(
  values: OutletValues,
  reference: OutletValues,
  rules: PhotographRules,
): boolean {
  return (
    differs(values.currentMa, reference.currentMa, rules.currentDeadbandMa) ||
    differs(values.energyJ, reference.energyJ, rules.energyDeadbandJ) ||
    differs(values.powerFactor, reference.powerFactor, rules.powerFactorDeadband) ||
    differs(values.voltageV, reference.voltageV, rules.voltageDeadbandV)
  );
}

/** Whether energy flows that nobody is billed for: an unknown current counts as 0 A, an unknown energy not at all. */
function isDrawing(values: OutletValues, reference: OutletValues, rules: PhotographRules): boolean {
  return (
    differs(values.currentMa, Math.max(0, reference.currentMa), rules.currentDeadbandMa) ||
    (reference.energyJ !== UNKNOWN && differs(values.energyJ, reference.energyJ, rules.energyDeadbandJ))
  );
}

/** What the values of an outlet with nothing due call for, compared with its last photograph (photographs rule 3). */
export function significantReason(state: OutletState, rules: PhotographRules): 'change' | 'draw' | undefined {
  const { status, last } = state;
  if (last === null || status === UNKNOWN || status === STATUS.notInstalled) return undefined;
  if (status === STATUS.charging) return isSignificant(state, last, rules) ? 'change' : undefined;
  return isDrawing(state, last, rules) ? 'draw' : undefined;
}
