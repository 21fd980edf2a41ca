import fc from 'fast-check';
import type { Quantity, Reading, Readings } from '../../streams/reading.ts';

const HOUR_MS = 3_600_000;

/** In proportion to the pauses of this traffic. */
export const SILENT_AFTER_MS = 60;

/** Where traffic begins: an evening as any other, then before clocks are put forward, put back, and forward at midnight. */
const STARTS = [
  '2026-11-03T15:59:59.900Z',
  '2026-03-28T20:00:00.000Z',
  '2026-10-24T20:59:59.995Z',
  '2018-11-03T20:30:00.000Z',
].map((text) => Date.parse(text));

/** Values that repeat often, and registers that fall often: once is a glitch, twice a reset. */
const VALUES: Readonly<Record<Quantity, fc.Arbitrary<number>>> = {
  status: fc.constantFrom(0, 1, 2, 2, 2, 3, 4, 6, 9),
  current: fc.constantFrom(0, 5000),
  powerFactor: fc.constantFrom(0, 95),
  energy: fc.constantFrom(0, 500, 900, 900, 1000, 1800),
  voltage: fc.constantFrom(220, 225),
  meter: fc.constantFrom(0, 7.5, 8, 8.25),
  command: fc.constantFrom(1, 2),
};

const INDEXES: Readonly<Record<Quantity, readonly number[]>> = {
  status: [0, 1, 10],
  current: [0, 1],
  powerFactor: [0, 1],
  energy: [0, 1, 10],
  voltage: [10],
  meter: [0, 1, 2],
  command: [0, 1],
};

const quantity: fc.Arbitrary<Quantity> = fc.constantFrom(
  'status',
  'status',
  'energy',
  'energy',
  'energy',
  'energy',
  'meter',
  'meter',
  'current',
  'powerFactor',
  'voltage',
  'command',
);

/** Any pairs of a message, in the order of the wire, which boxes keep. */
function readingsOf(of: Quantity): fc.Arbitrary<Reading[]> {
  return fc
    .uniqueArray(fc.record({ index: fc.constantFrom(...INDEXES[of]), value: VALUES[of] }), {
      selector: ({ index }) => index,
      minLength: 1,
      maxLength: 3,
    })
    .map((readings) => readings.sort((one, other) => one.index - other.index));
}

/** How long before a full hour: also just so long that silence begins with it. */
const beforeHourMs = fc.oneof(fc.integer({ min: -3, max: 50 }), fc.constantFrom(0, SILENT_AFTER_MS));

/** When the next message comes: soon, after a pause, or some hours later, about a full hour. */
const step: fc.Arbitrary<(afterMs: number) => number> = fc.oneof(
  { arbitrary: fc.nat(6).map((ms) => (afterMs: number) => afterMs + ms), weight: 8 },
  { arbitrary: fc.nat(120).map((ms) => (afterMs: number) => afterMs + ms), weight: 1 },
  {
    arbitrary: fc
      .record({ hours: fc.integer({ min: 1, max: 20 }), beforeMs: beforeHourMs })
      .map(({ hours, beforeMs }) => (afterMs: number) => {
        const fullHour = (Math.floor(afterMs / HOUR_MS) + hours) * HOUR_MS;
        return Math.max(afterMs, fullHour - beforeMs);
      }),
    weight: 1,
  },
);

const seldom = fc.oneof(
  { arbitrary: fc.constant(false), weight: 9 },
  { arbitrary: fc.constant(true), weight: 1 },
);

const message = quantity.chain((of) =>
  fc.record({
    kind: fc.constant('readings'),
    box: fc.constantFrom(10, 11),
    quantity: fc.constant(of),
    values: readingsOf(of),
    retained: seldom,
    resumed: fc.boolean(),
    backlog: seldom,
    step,
  }),
);

/** Random traffic of two boxes over hours and days, in the order of time: dense about full hours, and silent between. */
export const daysOfTraffic: fc.Arbitrary<Readings[]> = fc
  .record({
    startMs: fc.constantFrom(...STARTS),
    messages: fc.array(message, { maxLength: 120, size: 'max' }),
  })
  .map(({ startMs, messages }) => {
    let receivedAt = startMs;
    return messages.map(({ step: next, ...readings }) => {
      receivedAt = next(receivedAt);
      return { ...readings, receivedAt };
    });
  });
