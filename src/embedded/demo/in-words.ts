import type { PhotographPoint } from '../../../streams/point.ts';

const STATUS_WORDS: ReadonlyMap<number, string> = new Map([
  [0, 'available'],
  [1, 'ready'],
  [2, 'charging'],
  [3, 'full'],
  [4, 'unplugged'],
  [6, 'not installed'],
]);

/** A photograph as one says it: "box 12 outlet 3: charging, 5.2 A, 97 %, 230 V, 1 234.567 kWh (change)". */
export function photographInWords({ tags, fields }: PhotographPoint): string {
  const status =
    fields.status === undefined ? 'unknown' : (STATUS_WORDS.get(fields.status) ?? `status ${fields.status}`);
  const words = [
    status,
    quantity(fields.current_a, 1, 'A'),
    quantity(fields.power_factor, 0, '%'),
    quantity(fields.voltage_v, 0, 'V'),
    quantity(fields.energy_kwh, 3, 'kWh'),
    fields.register_reset === true ? ['register began anew'] : [],
  ].flat();
  return `box ${tags.box} outlet ${tags.outlet}: ${words.join(', ')} (${fields.reason})`;
}

function quantity(value: number | undefined, decimals: number, unit: string): string[] {
  return value === undefined ? [] : [`${value.toFixed(decimals)} ${unit}`];
}

/** Counts as one says them, most first: "status 12, change 4". */
export function countsInWords(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`);
  return sorted.length === 0 ? 'none yet' : sorted.join(', ');
}
