import { UNKNOWN } from './unknown.ts';

export const MILLIAMPERE_PER_AMPERE = 1000;
export const JOULES_PER_KWH = 3.6e6;

export function jouleToKwh(energyJ: number): number {
  return energyJ / JOULES_PER_KWH;
}

export function kwhToJoule(energyKwh: number): number {
  return energyKwh * JOULES_PER_KWH;
}

/** A value of the streams as a field of a point, in the larger unit of which it has `perUnit`: absent where it is unknown. */
export function toField(value: number, perUnit = 1): number | undefined {
  return value === UNKNOWN ? undefined : value / perUnit;
}

/**
 * The value of which `toField` made `field`. Numbers on the wire have at most 15 digits, so rounding to as many takes
 * away exactly what the division and its undoing have left behind.
 */
export function fromField(field: number | undefined, perUnit = 1): number {
  return field === undefined ? UNKNOWN : Number((field * perUnit).toPrecision(15));
}
