const JOULES_PER_KWH = 3.6e6;

export function jouleToKwh(energyJ: number): number {
  return energyJ / JOULES_PER_KWH;
}

export function kwhToJoule(energyKwh: number): number {
  return energyKwh * JOULES_PER_KWH;
}
