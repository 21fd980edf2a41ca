import { expect } from 'chai';
import fc from 'fast-check';
import { SteadyClock } from './steady-clock.ts';

describe('the steady clock', () => {
  /** A clock whose two sources stand where the test puts them. */
  function clockAt(wallMs: number, notBefore?: number) {
    const source = { wall: wallMs, monotonic: 0 };
    const clock = new SteadyClock(
      () => source.wall,
      () => source.monotonic,
      notBefore,
    );
    const pass = (ms: number, wallStep = 0) => {
      source.monotonic += ms;
      source.wall += ms + wallStep;
      return clock.read();
    };
    return { clock, pass };
  }

  it('follows the wall clock, and a small correction of it', () => {
    const { pass } = clockAt(1_000_000);
    expect(pass(500)).to.deep.equal({ nowMs: 1_000_500, unobservedSinceMs: undefined });
    expect(pass(500, 300)).to.deep.equal({ nowMs: 1_001_300, unobservedSinceMs: undefined });
  });

  it('takes a step forward, and says since when nothing was observed', () => {
    const { pass } = clockAt(1_000_000);
    pass(500);
    expect(pass(500, 6 * 3_600_000)).to.deep.equal({ nowMs: 22_601_000, unobservedSinceMs: 1_000_500 });
    expect(pass(500)).to.deep.equal({ nowMs: 22_601_500, unobservedSinceMs: undefined });
  });

  it('says that nothing was observed while the process stood still', () => {
    const { pass } = clockAt(1_000_000);
    expect(pass(60_000)).to.deep.equal({ nowMs: 1_060_000, unobservedSinceMs: 1_000_000 });
  });

  it('runs slower after a step back, until the wall clock has caught up', () => {
    const { clock, pass } = clockAt(1_000_000);
    expect(pass(1000, -500).nowMs).to.equal(1_000_900);
    expect(clock.aheadMs).to.equal(400);
    for (let seconds = 0; seconds < 4; seconds++) pass(1000);
    expect(pass(1000)).to.deep.equal({ nowMs: 1_005_500, unobservedSinceMs: undefined });
    expect(clock.aheadMs).to.equal(0);
  });

  it('starts no earlier than the last time on record', () => {
    const { pass } = clockAt(1_000_000, 1_500_000);
    expect(pass(1000).nowMs).to.equal(1_500_900);
  });

  it('never goes back, whatever the wall clock does', () => {
    const steps = fc.array(
      fc.record({ ms: fc.nat(20_000), step: fc.integer({ min: -1_000_000, max: 1_000_000 }) }),
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const { pass } = clockAt(10_000_000);
        let before = 0;
        for (const { ms, step } of taken) {
          const { nowMs } = pass(ms, step);
          expect(nowMs).to.be.at.least(before);
          before = nowMs;
        }
      }),
    );
  });
});
