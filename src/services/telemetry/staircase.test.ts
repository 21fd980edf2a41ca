import { expect } from 'chai';
import type { Photograph } from '../../../streams/photograph.ts';
import type { Quantity, Readings } from '../../../streams/reading.ts';
import { STATUS } from '../../../streams/status.ts';
import { UNKNOWN } from '../../../streams/unknown.ts';
import { Distribution } from './distribution.ts';
import { Staircase } from './staircase.ts';

const reading = (receivedAt: number, quantity: Quantity, value: number): Readings => ({
  kind: 'readings',
  box: 12,
  quantity,
  receivedAt,
  retained: false,
  resumed: false,
  backlog: false,
  values: [{ index: 3, value }],
});
const photograph = (timeMs: number, currentMa: number): Photograph => ({
  box: 12,
  outlet: 3,
  timeMs,
  reason: 'change',
  status: STATUS.charging,
  currentMa,
  powerFactor: UNKNOWN,
  voltageV: UNKNOWN,
  energyJ: UNKNOWN,
  command: UNKNOWN,
  registerReset: false,
  backlog: false,
});

describe('how far the recorded staircase lies from the received values', () => {
  it('compares each value with the last photograph whose time is not after it, however late that was taken', () => {
    const staircase = new Staircase(10_000, 0);
    staircase.read(reading(0, 'status', STATUS.charging));
    staircase.record(photograph(0, 5000));
    staircase.read(reading(1000, 'current', 5200));
    staircase.read(reading(2000, 'current', 9000));
    staircase.read(reading(3000, 'current', 9100));
    // Taken at 5000, of what was last folded at 2000.
    staircase.record(photograph(2000, 9000));
    const { current } = staircase.result();
    expect(current.readings).to.equal(3);
    expect(current.max).to.be.closeTo(0.2, 1e-9);
    expect(current.mean).to.be.closeTo((0.2 + 0 + 0.1) / 3, 1e-9);
  });

  it('leaves out what was not charging, not known, or before the span', () => {
    const staircase = new Staircase(10_000, 2000);
    staircase.record(photograph(0, 5000));
    staircase.read(reading(1000, 'current', 5200));
    staircase.read(reading(1000, 'status', STATUS.charging));
    staircase.read(reading(1500, 'current', 9000));
    staircase.read(reading(2000, 'energy', 3.6e6));
    staircase.read(reading(3000, 'current', 5500));
    const { current, energy } = staircase.result();
    expect(current).to.include({ readings: 1 });
    expect(current.max).to.be.closeTo(0.5, 1e-9);
    expect(energy.readings).to.equal(0);
  });
});

describe('Distribution', () => {
  it('gives mean and maximum exactly, and the 99th percentile to 1 %', () => {
    const distribution = new Distribution();
    for (let value = 1; value <= 1000; value++) distribution.add(value);
    const { readings, mean, p99, max } = distribution.summary();
    expect({ readings, mean, max }).to.deep.equal({ readings: 1000, mean: 500.5, max: 1000 });
    expect(p99).to.be.within(980, 1000);
  });

  it('counts what is next to nothing as nothing, and knows of no values at all', () => {
    const distribution = new Distribution();
    expect(distribution.summary()).to.deep.equal({ readings: 0, mean: 0, p99: 0, max: 0 });
    distribution.add(0);
    expect(distribution.summary()).to.deep.equal({ readings: 1, mean: 0, p99: 0, max: 0 });
  });
});
