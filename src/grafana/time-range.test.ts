import { expect } from 'chai';
import { intervalMs, intervalText, parseTimeRange } from './time-range.ts';

const NOW_MS = Date.parse('2026-10-31T12:00:00Z');
const parsed = (from: string, to = 'now') => {
  const { fromMs, toMs } = parseTimeRange({ from, to }, NOW_MS);
  return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
};

describe('parseTimeRange', () => {
  it('takes times before and after now, months by the calendar', () => {
    expect(parsed('now-90m', 'now+1h')).to.deep.equal([
      '2026-10-31T10:30:00.000Z',
      '2026-10-31T13:00:00.000Z',
    ]);
    expect(parsed('now-7d')[0]).to.equal('2026-10-24T12:00:00.000Z');
    expect(parsed('now-1M')[0]).to.equal('2026-09-30T12:00:00.000Z');
    expect(parsed('now-1y')[0]).to.equal('2025-10-31T12:00:00.000Z');
  });

  it('takes times in ISO 8601 and ms since 1970', () => {
    expect(parsed('2026-10-01T00:00:00Z', '1791417600000')).to.deep.equal([
      '2026-10-01T00:00:00.000Z',
      '2026-10-08T00:00:00.000Z',
    ]);
  });

  it('refuses anything else, and a range that ends before it begins', () => {
    for (const text of ['yesterday', 'now-7', 'now/d', '2026-13-45']) {
      expect(() => parsed(text), text)
        .to.throw('is no time')
        .with.property('code', 'USAGE');
    }
    expect(() => parsed('now', 'now-1h')).to.throw('now is not before now-1h');
  });
});

describe('intervalMs', () => {
  it('rounds to the intervals of Grafana', () => {
    const over = (ms: number) => intervalText(intervalMs({ fromMs: 0, toMs: ms }, 1000));
    const day = 86_400_000;
    expect([60_000, 3_600_000, day, 7 * day, 30 * day, 365 * day, 20_000 * day].map(over)).to.deep.equal([
      '50ms',
      '5s',
      '1m',
      '10m',
      '30m',
      '6h',
      '7d',
    ]);
  });
});
