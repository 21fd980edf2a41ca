import { expect } from 'chai';
import type { PhotographPoint } from '../../../streams/point.ts';
import { Noise } from './noise.ts';

const HOUR_MS = 3_600_000;

describe('the noisiest outlets', () => {
  const photograph = (box: number, outlet: number, reason: string, timeMs: number): PhotographPoint => ({
    measurement: 'photograph',
    tags: { box, outlet },
    timeMs,
    fields: { status: 2, reason },
  });

  it('are those with most change and draw photographs in this hour and the last', () => {
    const noise = new Noise();
    noise.count(photograph(12, 3, 'change', 0));
    noise.count(photograph(12, 3, 'draw', HOUR_MS));
    noise.count(photograph(12, 4, 'change', HOUR_MS));
    noise.count(photograph(12, 4, 'status', HOUR_MS));
    noise.count({ measurement: 'connection', tags: { box: 12 }, timeMs: HOUR_MS, fields: { online: true } });
    expect(noise.noisiest(10)).to.deep.equal([
      { box: 12, outlet: 3, photographs: 2 },
      { box: 12, outlet: 4, photographs: 1 },
    ]);
    expect(noise.noisiest(1)).to.have.length(1);
    noise.count(photograph(12, 5, 'change', 2 * HOUR_MS));
    expect(noise.noisiest(10).map(({ outlet }) => outlet)).to.deep.equal([3, 4, 5]);
  });

  it('are forgotten after an hour without any', () => {
    const noise = new Noise();
    noise.count(photograph(12, 3, 'change', 0));
    noise.count(photograph(12, 4, 'change', 2 * HOUR_MS));
    expect(noise.noisiest(10)).to.deep.equal([{ box: 12, outlet: 4, photographs: 1 }]);
  });
});
