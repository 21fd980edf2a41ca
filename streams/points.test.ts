import { expect } from 'chai';
import fc from 'fast-check';
import type { Connection } from './connection.ts';
import { connectionOf, connectionPoint } from './connection-point.ts';
import type { Photograph } from './photograph.ts';
import { photographOf, photographPoint } from './photograph-point.ts';
import { UNKNOWN } from './unknown.ts';
import type { UtilizationSample } from './utilization.ts';
import { utilizationPoint, utilizationSampleOf } from './utilization-point.ts';

/** A number as the wire may write it: up to 15 digits, some of them decimals; or unknown. */
function onWire(below: number): fc.Arbitrary<number> {
  const written = fc
    .tuple(fc.nat({ max: 999_999_999 }), fc.nat({ max: 999_999 }), fc.integer({ min: 0, max: 15 }))
    .map(([high, low, decimals]) => {
      const digits = `${high}${String(low).padStart(6, '0')}`.padStart(16, '0').slice(-15);
      return Number(`${digits.slice(0, 15 - decimals)}.${digits.slice(15 - decimals)}0`);
    })
    .filter((value) => value < below);
  return fc.oneof({ arbitrary: written, weight: 9 }, { arbitrary: fc.constant(UNKNOWN), weight: 1 });
}

/** As it comes back from the disk: what is absent is not there. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

const timeMs = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
const box = fc.nat(10_000);
const outlet = fc.nat(9);

const photograph: fc.Arbitrary<Photograph> = fc.record({
  box,
  outlet,
  timeMs,
  reason: fc.constantFrom('first', 'status', 'reset', 'change', 'draw', 'interval', 'idle'),
  status: fc.nat(12),
  currentMa: onWire(1_000_001),
  powerFactor: onWire(101),
  voltageV: onWire(1001),
  energyJ: onWire(1e15),
  command: fc.constantFrom(UNKNOWN, 0, 1, 9),
  registerReset: fc.boolean(),
  backlog: fc.boolean(),
});

const sample: fc.Arbitrary<UtilizationSample> = fc.oneof(
  fc.record({
    kind: fc.constant('register' as const),
    box,
    index: fc.nat(10),
    timeMs,
    energyJ: onWire(1e15),
  }),
  fc.record({
    kind: fc.constant('meter' as const),
    box,
    timeMs,
    voltageV: onWire(1001),
    currentA: onWire(10_001),
    energyKwh: onWire(1e9),
  }),
);

const connection: fc.Arbitrary<Connection> = fc.record({
  box,
  timeMs,
  online: fc.boolean(),
  silent: fc.boolean(),
});

describe('points', () => {
  const numRuns = 2000;

  it('give photographs back exactly, in the units of the wire', () => {
    fc.assert(
      fc.property(photograph, (one) => {
        expect(photographOf(throughJson(photographPoint(one)))).to.deep.equal(one);
      }),
      { numRuns },
    );
  });

  it('give samples and connections back exactly', () => {
    fc.assert(
      fc.property(sample, connection, (one, other) => {
        expect(utilizationSampleOf(throughJson(utilizationPoint(one)))).to.deep.equal(one);
        expect(connectionOf(throughJson(connectionPoint(other)))).to.deep.equal(other);
      }),
      { numRuns },
    );
  });

  it('carry power only when voltage, current and power factor are known', () => {
    fc.assert(
      fc.property(photograph, (one) => {
        const { power_w } = photographPoint(one).fields;
        const { voltageV, currentMa, powerFactor } = one;
        const isKnown = ![voltageV, currentMa, powerFactor].includes(UNKNOWN);
        if (isKnown) expect(power_w).to.be.closeTo((voltageV * (currentMa / 1000) * powerFactor) / 100, 1e-3);
        else expect(power_w).to.equal(undefined);
      }),
    );
  });

  it('that lack a status or a reason that is known are of no photograph', () => {
    const tags = { box: 10, outlet: 0 };
    expect(
      photographOf({ measurement: 'photograph', tags, timeMs: 0, fields: { reason: 'first' } }),
    ).to.equal(undefined);
    expect(
      photographOf({ measurement: 'photograph', tags, timeMs: 0, fields: { status: 2, reason: 'whim' } }),
    ).to.equal(undefined);
  });
});
