import type { Random } from './random.ts';

/** How a battery draws current: constant first, then at constant voltage falling exponentially to a cut-off. */
export interface ChargeCurve {
  readonly maxCurrentA: number;
  readonly constantMs: number;
  /** Time constant of the fall. */
  readonly decayMs: number;
  /** When the cut-off is reached, from the first current on. */
  readonly fullMs: number;
}

const CUT_OFF_SHARE = 0.08;
const LEAST_POWER_FACTOR = 84;
const MOST_POWER_FACTOR = 97.5;

/** The curve of a battery that is full after `fullMs`. */
export function drawChargeCurve(random: Random, maxCurrentA: number, fullMs: number): ChargeCurve {
  const constantMs = fullMs * random.between(0.55, 0.75);
  return { maxCurrentA, constantMs, decayMs: (fullMs - constantMs) / -Math.log(CUT_OFF_SHARE), fullMs };
}

/** Current in A, `elapsedMs` after the first current. */
export function chargeCurrentA(curve: ChargeCurve, elapsedMs: number): number {
  if (elapsedMs <= curve.constantMs) return curve.maxCurrentA;
  return curve.maxCurrentA * Math.exp((curve.constantMs - elapsedMs) / curve.decayMs);
}

/** Power factor (0..100) of a charger of that size at that current: the less it draws, the worse. */
export function chargePowerFactor(curve: ChargeCurve, currentA: number): number {
  if (currentA <= 0) return 0;
  const load = currentA / curve.maxCurrentA;
  return LEAST_POWER_FACTOR + (MOST_POWER_FACTOR - LEAST_POWER_FACTOR) * Math.sqrt(load);
}

/** When the current has fallen to that value, in ms from the first current on; infinite for 0. */
export function whenFallenToMs(curve: ChargeCurve, currentA: number): number {
  return curve.constantMs + curve.decayMs * Math.log(curve.maxCurrentA / currentA);
}

/** Energy in J drawn within `elapsedMs` at a steady voltage: the exact integral of V x A x power factor. */
export function chargeEnergyJ(curve: ChargeCurve, elapsedMs: number, voltageV: number): number {
  const constantMs = Math.min(elapsedMs, curve.constantMs);
  const load = Math.exp(-Math.max(0, elapsedMs - curve.constantMs) / curve.decayMs);
  const atLeast = LEAST_POWER_FACTOR * (constantMs + curve.decayMs * (1 - load));
  const above =
    (MOST_POWER_FACTOR - LEAST_POWER_FACTOR) * (constantMs + (2 / 3) * curve.decayMs * (1 - load ** 1.5));
  return (voltageV * curve.maxCurrentA * (atLeast + above)) / 100 / 1000;
}
