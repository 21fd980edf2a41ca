import { EvidaError } from '../errors.ts';

/** What a dashboard shows, ms UTC. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

const RELATIVE = /^now(?:([+-])(\d{1,5})([smhdwMy]))?$/;

/**
 * The ends of a range as Grafana writes them: `now`, `now-7d`, a time in ISO 8601, or ms since 1970.
 * @param nowMs ms UTC
 * @throws EvidaError USAGE
 */
export function parseTimeRange({ from, to }: { from: string; to: string }, nowMs: number): TimeRange {
  const range = { fromMs: parseTime(from, nowMs), toMs: parseTime(to, nowMs) };
  if (range.fromMs < range.toMs) return range;
  throw new EvidaError('USAGE', {
    operation: 'reading the time range',
    problem: `${from} is not before ${to}`,
  });
}

function parseTime(text: string, nowMs: number): number {
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const [, sign = '+', count = '0', unit = 's'] = relative;
    return moved(nowMs, sign === '-' ? -Number(count) : Number(count), unit);
  }
  const ms = /^\d{10,16}$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new EvidaError('USAGE', {
    operation: 'reading the time range',
    problem: `${text} is no time`,
    hint: 'Write now, now-7d (s, m, h, d, w, M, y), or 2026-10-01T00:00:00Z.',
  });
}

const FIXED_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Months and years are those of the calendar, in UTC. */
function moved(ms: number, count: number, unit: string): number {
  const fixed = FIXED_MS[unit];
  if (fixed !== undefined) return ms + count * fixed;
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + (unit === 'y' ? 12 * count : count));
  const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastOfMonth));
  return date.getTime();
}

/** Where Grafana rounds an interval up or down to: what is below the first number becomes the second, ms. */
const ROUNDED: readonly (readonly [below: number, ms: number])[] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
  [32_400_000, 21_600_000],
  [86_400_000, 43_200_000],
  [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000],
  [3_628_800_000, 2_592_000_000],
];
const A_YEAR_MS = 31_536_000_000;

/** The interval that Grafana proposes for so many points, ms. */
export function intervalMs({ fromMs, toMs }: TimeRange, maxDataPoints: number): number {
  const exact = (toMs - fromMs) / maxDataPoints;
  return ROUNDED.find(([below]) => exact < below)?.[1] ?? A_YEAR_MS;
}

/** An interval in one unit, as Grafana and Flux write it: `30s`, `2h`, `1d`. */
export function intervalText(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
