import fc from 'fast-check';
import type { PhotographRules } from '../../streams/photograph.ts';
import type { Quantity, Readings } from '../../streams/reading.ts';

/** Rules of the same proportions as the defaults, but so short that every millisecond can be lived through. */
export const SHORT_RULES: PhotographRules = {
  currentDeadbandMa: 1000,
  powerFactorDeadband: 10,
  voltageDeadbandV: 10,
  energyDeadbandJ: 1000,
  intervalMs: 60,
  idleIntervalMs: 150,
  settleMs: 4,
  settleMaxMs: 12,
  changeMinIntervalMs: 0,
  silentAfterMs: 40,
};

/** Values that cross each other's deadbands often, and are equal often. */
const VALUES = {
  status: fc.constantFrom(0, 1, 2, 2, 2, 3, 4, 6, 9),
  current: fc.constantFrom(0, 400, 1000, 1400, 2400, 5000),
  powerFactor: fc.constantFrom(0, 50, 85, 90, 95),
  energy: fc.constantFrom(0, 500, 900, 1000, 1800, 2500, 5000),
  voltage: fc.constantFrom(215, 220, 225, 230),
  command: fc.constantFrom(1, 2),
} as const satisfies Partial<Record<Quantity, fc.Arbitrary<number>>>;

const QUANTITIES = [
  'status',
  'status',
  'current',
  'powerFactor',
  'energy',
  'energy',
  'voltage',
  'command',
] as const;

/** A message of a few pairs of one of two boxes with two outlets each, and the ms since the one before. */
const message = fc.constantFrom(...QUANTITIES).chain((quantity) =>
  fc.record({
    kind: fc.constant('readings' as const),
    quantity: fc.constant(quantity),
    box: fc.constantFrom(10, 11),
    sinceMs: fc.oneof({ arbitrary: fc.nat(6), weight: 8 }, { arbitrary: fc.nat(120), weight: 1 }),
    values: fc.uniqueArray(fc.record({ index: indexOf(quantity), value: VALUES[quantity] }), {
      selector: ({ index }) => index,
      minLength: 1,
      maxLength: 3,
    }),
    retained: fc.oneof(
      { arbitrary: fc.constant(false), weight: 9 },
      { arbitrary: fc.constant(true), weight: 1 },
    ),
    resumed: fc.boolean(),
    backlog: fc.oneof(
      { arbitrary: fc.constant(false), weight: 9 },
      { arbitrary: fc.constant(true), weight: 1 },
    ),
  }),
);

function indexOf(quantity: Quantity): fc.Arbitrary<number> {
  if (quantity === 'voltage') return fc.constant(10);
  return quantity === 'status' ? fc.constantFrom(0, 1, 0, 1, 10) : fc.constantFrom(0, 1);
}

/** Random traffic of two boxes in the order of time. */
export const traffic: fc.Arbitrary<Readings[]> = fc
  .array(message, { maxLength: 120, size: 'max' })
  .map((messages) => {
    let receivedAt = 1000;
    return messages.map(({ sinceMs, ...readings }) => {
      receivedAt += sinceMs;
      return { ...readings, receivedAt };
    });
  });
