import { marbles } from '../test/fixture/marbles.ts';
import type { Observation } from './observation.ts';
import { toGapPoint } from './to-gap-point.ts';

describe('toGapPoint', () => {
  it('records what was not observed at its end, and nothing else; passes completion and errors on', () => {
    const observations: Record<string, Observation> = {
      l: { kind: 'listed', box: 10, receivedAt: 1 },
      r: { kind: 'removed', box: 10, receivedAt: 2 },
      u: { kind: 'unobserved', from: 100, receivedAt: 250 },
    };
    const points = {
      g: { measurement: 'gap', tags: {}, timeMs: 250, fields: { from: 100, to: 250 } },
    };
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      for (const [source, expected, subscription] of [
        ['-', '-', '^ 50ms !'],
        ['|', '|', '(^!)'],
        ['lu-ru-|', '-g--g-|', '^-----!'],
        ['u#', 'g#', '^!'],
      ] as const) {
        const source$ = cold(source, observations);
        expectObservable(source$.pipe(toGapPoint()), '^ 50ms !').toBe(expected, points);
        expectSubscriptions(source$.subscriptions).toBe(subscription);
      }
    });
  });
});
