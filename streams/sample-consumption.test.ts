import { asyncScheduler, map } from 'rxjs';
import { marbles } from '../test/fixture/marbles.ts';
import type { Readings } from './reading.ts';
import { sampleConsumption } from './sample-consumption.ts';

const INTERVAL_MS = 10;

/** `S2` is a status of box 10's outlet 0, `P500` its register in J. */
function reading(text: string, receivedAt: number): Readings {
  const quantity = text.startsWith('S') ? 'status' : 'energy';
  return {
    box: 10,
    quantity,
    receivedAt,
    retained: false,
    resumed: false,
    backlog: false,
    values: [{ index: 0, value: Number(text.slice(1)) }],
  };
}

function expectSamples(
  source: string,
  readings: Record<string, string>,
  expected: string,
  samples: Record<string, string>,
): void {
  marbles(({ hot, expectObservable, expectSubscriptions }) => {
    const messages = hot(source, readings);
    const result = messages.pipe(
      map((text) => reading(text, asyncScheduler.now())),
      sampleConsumption(INTERVAL_MS),
      map(({ energyJ, timeMs }) => `${energyJ}J @${timeMs}`),
    );
    expectObservable(result, '^ 999ms !').toBe(expected, samples);
    expectSubscriptions(messages.subscriptions).toBe('^ 999ms !');
  });
}

describe('sampleConsumption', () => {
  it('writes the latest value at the end of the interval that the first differing one opened, at its arrival', () => {
    expectSamples(
      'sa--b--c--d         ',
      { s: 'S2', a: 'P1', b: 'P2', c: 'P3', d: 'P4' },
      '-----------w--------',
      { w: '4J @10' },
    );
  });

  it('writes nothing while the register rests', () => {
    expectSamples('sa---------a--a--a--', { s: 'S2', a: 'P1' }, '-----------w--------', { w: '1J @1' });
  });

  it('writes nothing while the status is unknown or 6', () => {
    expectSamples('a---------a---------', { a: 'P1' }, '-', {});
    expectSamples('sa------------------', { s: 'S6', a: 'P1' }, '-', {});
  });

  it('writes the last value before a reset, and filters a glitch', () => {
    expectSamples(
      'sab-cd              ',
      { s: 'S2', a: 'P7', b: 'P9', c: 'P0', d: 'P1' },
      '-----w---------x    ',
      { w: '9J @2', x: '1J @5' },
    );
    expectSamples('sa-bc               ', { s: 'S2', a: 'P9', b: 'P0', c: 'P9' }, '-----------w        ', {
      w: '9J @4',
    });
  });
});
