import { expect } from 'chai';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  const waits = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.nextMs());

  it('doubles up to the most, and begins again', () => {
    const backoff = new Backoff(500, 10_000, () => 1);
    expect(waits(backoff, 7)).to.deep.equal([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    backoff.reset();
    expect(waits(backoff, 1)).to.deep.equal([500]);
  });

  it('is at random between half of it and all', () => {
    expect(waits(new Backoff(500, 10_000, () => 0), 2)).to.deep.equal([250, 500]);
    expect(waits(new Backoff(500, 10_000, () => 0.5), 2)).to.deep.equal([375, 750]);
  });
});
