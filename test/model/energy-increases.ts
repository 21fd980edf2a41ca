import fc from 'fast-check';

/** What was read from one register, in the order of time. */
export type Register = readonly { readonly timeMs: number; readonly energyKwh: number }[];

export interface Increase {
  readonly timeMs: number;
  readonly kwh: number;
}

/** What a register's increases are found to be, and their sum (none: there are none). */
export interface Increases {
  readonly each: readonly Increase[];
  readonly sum: number | undefined;
}

export const START_MS = Date.parse('2026-10-01T00:00:00Z');
export const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const everyMinute = (...energiesKwh: number[]): Register =>
  energiesKwh.map((energyKwh, index) => ({ timeMs: START_MS + index * MINUTE_MS, energyKwh }));

/** By hand: what is read, and the increases that it must give. */
export const CASES: readonly {
  readonly title: string;
  readonly register: Register;
  readonly kwh: number[];
}[] = [
  { title: 'growth', register: everyMinute(100, 100.5, 102.25), kwh: [0.5, 1.75] },
  { title: 'no growth', register: everyMinute(7, 7, 7), kwh: [0, 0] },
  { title: 'one reading, which is no increase', register: everyMinute(500), kwh: [] },
  { title: 'a reset to 0', register: everyMinute(100, 101, 0, 0.5), kwh: [1, 0, 0.5] },
  {
    title: 'a reset to a value, which is the increase',
    register: everyMinute(100, 0.25, 1),
    kwh: [0.25, 0.75],
  },
  { title: 'two resets in a row', register: everyMinute(100, 5, 2, 3), kwh: [5, 2, 1] },
  { title: 'a reset right after the first reading', register: everyMinute(0.5, 0.125), kwh: [0.125] },
  // Glitches are filtered when the register is recorded; one that were not would count as a reset, in both languages.
  { title: 'a glitch', register: everyMinute(500, 0, 500), kwh: [0, 500] },
  {
    title: 'a gap of days, with what was drawn in it',
    register: [...everyMinute(1, 2), { timeMs: START_MS + 3 * DAY_MS, energyKwh: 10 }],
    kwh: [1, 8],
  },
];

/** Registers as boxes count, in J, so that most kWh are no exact numbers; they fall often, and pause often. */
export const RANDOM: readonly Register[] = fc.sample(
  fc
    .array(
      fc.record({
        pauseMs: fc.oneof(
          fc.integer({ min: 1, max: MINUTE_MS }),
          fc.integer({ min: DAY_MS, max: 9 * DAY_MS }),
        ),
        energyJ: fc.oneof(
          fc.integer({ min: 0, max: 10 }),
          fc.nat(1_000_000),
          fc.integer({ min: 0, max: 1e10 }),
        ),
      }),
      { minLength: 1, maxLength: 25 },
    )
    .map((readings) => {
      let timeMs = START_MS;
      return readings.map(({ pauseMs, energyJ }) => {
        timeMs += pauseMs;
        return { timeMs, energyKwh: energyJ / 3.6e6 };
      });
    }),
  { numRuns: 300, seed: 20_261_001 },
);

/** The rule, in the plainest words. */
export function increasesOf(register: Register): Increases {
  const each: Increase[] = [];
  let sum: number | undefined;
  let before: number | undefined;
  for (const { timeMs, energyKwh } of register) {
    if (before !== undefined) {
      const wasReset = energyKwh < before;
      const kwh = wasReset ? energyKwh : energyKwh - before;
      each.push({ timeMs, kwh });
      sum = (sum ?? 0) + kwh;
    }
    before = energyKwh;
  }
  return { each, sum };
}
