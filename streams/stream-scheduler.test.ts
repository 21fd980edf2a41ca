import { expect } from 'chai';
import { StreamScheduler } from './stream-scheduler.ts';

/** A scheduler with work at each of the times, ms, and what it has run so far. */
function scheduled(...times: number[]): { scheduler: StreamScheduler; ran: string[] } {
  const scheduler = new StreamScheduler();
  const ran: string[] = [];
  for (const time of times) scheduler.schedule(() => ran.push(`${time} at ${scheduler.now()}`), time);
  return { scheduler, ran };
}

describe('StreamScheduler', () => {
  it('runs what falls due until then in the order of time, each at its own time', () => {
    const { scheduler, ran } = scheduled(30, 10, 20);
    scheduler.advanceTo(20);
    expect(ran).to.deep.equal(['10 at 10', '20 at 20']);
    expect(scheduler.now()).to.equal(20);
  });

  it('runs what was scheduled for the same time in the order in which it was', () => {
    const scheduler = new StreamScheduler();
    const ran: string[] = [];
    for (const name of ['a', 'b', 'c']) scheduler.schedule(() => ran.push(name), 10);
    scheduler.advanceTo(10);
    expect(ran.join('')).to.equal('abc');
  });

  it('runs what the work itself schedules, if it falls due until then', () => {
    const scheduler = new StreamScheduler(100);
    const ran: number[] = [];
    scheduler.schedule<number>(
      function (left = 0) {
        ran.push(scheduler.now());
        if (left > 0) this.schedule(left - 1, 10);
      },
      10,
      3,
    );
    scheduler.advanceTo(135);
    expect(ran).to.deep.equal([110, 120, 130]);
  });

  it('runs nothing when time is skipped, but all that was skipped when it goes on', () => {
    const { scheduler, ran } = scheduled(10, 500);
    scheduler.skipTo(100);
    expect(ran).to.deep.equal([]);
    expect([scheduler.now(), scheduler.earliest]).to.deep.equal([100, 10]);
    scheduler.advanceTo(101);
    expect(ran).to.deep.equal(['10 at 100']);
  });

  it('says when the next work is due', () => {
    const { scheduler } = scheduled(30, 10);
    expect(scheduler.earliest).to.equal(10);
    scheduler.advanceTo(10);
    expect(scheduler.earliest).to.equal(30);
    scheduler.advanceTo(30);
    expect(scheduler.earliest).to.equal(Number.POSITIVE_INFINITY);
  });

  it('forgets what is unsubscribed', () => {
    const scheduler = new StreamScheduler();
    scheduler.schedule(() => expect.fail('it ran'), 10).unsubscribe();
    expect(scheduler.earliest).to.equal(Number.POSITIVE_INFINITY);
    scheduler.advanceTo(20);
  });

  it('never goes back', () => {
    const scheduler = new StreamScheduler(100);
    scheduler.advanceTo(50);
    scheduler.skipTo(60);
    expect(scheduler.now()).to.equal(100);
  });
});
