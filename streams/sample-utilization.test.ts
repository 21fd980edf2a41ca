import { asyncScheduler, map } from 'rxjs';
import { marbles } from '../test/fixture/marbles.ts';
import { expectPassedOn } from '../test/fixture/operator-cases.ts';
import { expectInToldTime } from '../test/fixture/told-time.ts';
import type { Reading, Readings } from './reading.ts';
import { sampleUtilization } from './sample-utilization.ts';
import type { StreamScheduler } from './stream-scheduler.ts';
import type { UtilizationSample } from './utilization.ts';

const RULES = { intervalMs: 10, silentAfterMs: 600_000 };

/**
 * `S2` is a status of box 10's outlet 0, `P500` its register in J, `B500` that of the whole box, `M230/12/8.5` its meter;
 * `~P500` is retained in a session that was resumed.
 */
function reading(text: string, receivedAt: number): Readings {
  const isStale = text.startsWith('~');
  const letter = text.charAt(isStale ? 1 : 0);
  const numbers = text
    .slice(isStale ? 2 : 1)
    .split('/')
    .map(Number);
  const values: Reading[] = numbers.map((value, at) => ({ index: letter === 'B' ? 10 : at, value }));
  const quantity = letter === 'S' ? 'status' : letter === 'M' ? 'meter' : 'energy';
  return {
    kind: 'readings',
    box: 10,
    quantity,
    receivedAt,
    retained: isStale,
    resumed: isStale,
    backlog: false,
    values,
  };
}

function inWords(sample: UtilizationSample): string {
  if (sample.kind === 'meter')
    return `${sample.voltageV}V ${sample.currentA}A ${sample.energyKwh}kWh @${sample.timeMs}`;
  return `${sample.index}: ${sample.energyJ}J @${sample.timeMs}`;
}

function expectSamples(
  source: string,
  readings: Record<string, string>,
  expected: string,
  samples: Record<string, string>,
  unsubscribed = '^ 999ms !',
): void {
  marbles(({ hot, expectObservable, expectSubscriptions }) => {
    const messages = hot(source, readings);
    const result = messages.pipe(
      map((text) => reading(text, asyncScheduler.now())),
      sampleUtilization(RULES),
      map(inWords),
    );
    expectObservable(result, unsubscribed).toBe(expected, samples);
    expectSubscriptions(messages.subscriptions).toBe(unsubscribed);
  });
}

/** The same with notices (see `expectInToldTime`) among the readings. */
function expectSamplesInToldTime(
  source: string,
  texts: Record<string, string>,
  expected: string,
  samples: Record<string, string>,
): void {
  const operator = (scheduler: StreamScheduler) => sampleUtilization(RULES, scheduler);
  expectInToldTime({ reading, operator, inWords }, source, texts, expected, samples);
}

describe('sampleUtilization', () => {
  it('writes the latest value at the end of the interval that the first differing one opened, at its arrival', () => {
    expectSamples(
      'sa--b--c--d         ',
      { s: 'S2', a: 'P1', b: 'P2', c: 'P3', d: 'P4' },
      '-----------w--------',
      { w: '0: 4J @10' },
    );
  });

  it('writes nothing while the register rests', () => {
    expectSamples('sa---------a--a--a--', { s: 'S2', a: 'P1' }, '-----------w--------', { w: '0: 1J @1' });
  });

  it('writes nothing of an outlet while its status is unknown or 6, but of the box', () => {
    expectSamples('a---------a---------', { a: 'P1' }, '-', {});
    expectSamples('sa------------------', { s: 'S6', a: 'P1' }, '-', {});
    expectSamples('b-------------------', { b: 'B5' }, '----------w', { w: '10: 5J @0' });
  });

  it('writes the last value before a reset at once, and filters a glitch', () => {
    expectSamples(
      'sab-cd              ',
      { s: 'S2', a: 'P7', b: 'P9', c: 'P0', d: 'P1' },
      '-----w---------x    ',
      { w: '0: 9J @2', x: '0: 1J @5' },
    );
    expectSamples('sa-bc               ', { s: 'S2', a: 'P9', b: 'P0', c: 'P9' }, '-----------w        ', {
      w: '0: 9J @4',
    });
  });

  it('writes a meter when any of its values differs from the last written', () => {
    expectSamples(
      'a-----------a--b        ',
      { a: 'M230/12/8.5', b: 'M230/13/8.5' },
      '----------w--------------x',
      { w: '230V 12A 8.5kWh @0', x: '230V 13A 8.5kWh @15' },
    );
  });

  it('folds what a resumed session retains only where nothing is known', () => {
    expectSamples('sar', { s: 'S2', a: 'P7', r: '~P5' }, '-----------w', { w: '0: 7J @1' });
    expectSamples('sr', { s: 'S2', r: '~P5' }, '-----------w', { w: '0: 5J @1' });
  });

  it('writes every known series at exactly the full hour, with the last value before it', () => {
    expectSamples(
      '3599995ms s a b-',
      { s: 'S2', a: 'P7', b: 'B9' },
      '3600000ms (ab)',
      { a: '0: 7J @3600000', b: '10: 9J @3600000' },
      '^ 4000s !',
    );
  });

  it('writes nothing at the full hour of what is silent: an hour without a point is a gap', () => {
    expectSamples(
      '2999s s a',
      { s: 'S2', a: 'P7' },
      '2999s -----------w',
      { w: '0: 7J @2999001' },
      '^ 4000s !',
    );
  });

  it('writes at once what nobody observed the end of the interval of, and keeps other intervals open', () => {
    expectSamplesInToldTime(
      'sab-----------g-----t',
      { s: 'S2', a: 'P1', b: 'P2', g: 'gap9' },
      '--------------w',
      { w: '0: 2J @2' },
    );
    expectSamplesInToldTime('sab----g----t', { s: 'S2', a: 'P1', b: 'P2', g: 'gap3' }, '------------w', {
      w: '0: 2J @2',
    });
  });

  it('samples no full hour that nobody observed, but the next', () => {
    expectSamplesInToldTime(
      '3599970ms sa------------t 99ms g 3599898ms t',
      { s: 'S2', a: 'P1', g: 'gap90' },
      '3599970ms --------------w',
      { w: '0: 1J @3599971' },
    );
    expectSamplesInToldTime(
      '3599970ms sa------------t 99ms g 3299898ms s 300016ms t',
      { s: 'S2', a: 'P1', g: 'gap90' },
      '3599970ms --------------w 3600015ms x',
      { w: '0: 1J @3599971', x: '0: 1J @7200000' },
    );
  });

  it('writes what the open intervals of a removed box hold, and nothing more of it', () => {
    expectSamplesInToldTime(
      '3599970ms sab-r-----------t 99ms t',
      { s: 'S2', a: 'P1', b: 'P2', r: 'removed' },
      '3599970ms ----w',
      { w: '0: 2J @3599972' },
    );
  });

  it('gives nothing for nothing, and passes completion and errors on', () => {
    expectPassedOn(reading, 'S2', sampleUtilization(RULES));
  });
});
