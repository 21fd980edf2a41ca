/**
 * An energy register as the wire shows it: it only grows, until it resets; now and then a single reading
 * is wrong (domain.md, photographs rule 8). Joules; NaN is unknown.
 */
export interface EnergyRegister {
  energyJ: number;
  /** A reading below the register, held until the next one says whether it was a reset or a glitch. */
  heldJ: number;
}

export type RegisterEvent = 'read' | 'held' | 'reset' | 'glitch';

export function createRegister(): EnergyRegister {
  return { energyJ: Number.NaN, heldJ: Number.NaN };
}

/**
 * Folds one reading: `held` changes nothing yet, `reset` means that the register began anew and now reads
 * `energyJ`, `glitch` that the reading held before was wrong and this one counts.
 */
export function foldRegister(register: EnergyRegister, energyJ: number): RegisterEvent {
  const isHolding = !Number.isNaN(register.heldJ);
  if (energyJ < register.energyJ && !isHolding) {
    register.heldJ = energyJ;
    return 'held';
  }
  const event = !isHolding ? 'read' : energyJ < register.energyJ ? 'reset' : 'glitch';
  register.heldJ = Number.NaN;
  register.energyJ = energyJ;
  return event;
}
