import {
  expectPhotographsInToldTime as expectPhotographs,
  RULES,
} from '../test/fixture/photograph-marbles.ts';
import type { Photograph } from './photograph.ts';
import { PhotographReducer } from './photograph-reducer.ts';
import { UNKNOWN } from './unknown.ts';

const LAST: Photograph = {
  box: 10,
  outlet: 0,
  timeMs: 0,
  reason: 'status',
  status: 2,
  currentMa: 5000,
  powerFactor: UNKNOWN,
  voltageV: UNKNOWN,
  energyJ: UNKNOWN,
  command: UNKNOWN,
  registerReset: false,
  backlog: false,
};

/** One that knows the last photographs of its outlets, as they are read back from InfluxDB. */
function recalled(...photographs: Photograph[]): PhotographReducer {
  const reducer = new PhotographReducer(RULES);
  for (const photograph of photographs) reducer.recall(photograph);
  return reducer;
}

describe('settlePhotograph, when nothing was observed', () => {
  it('takes at once what had settled meanwhile', () => {
    expectPhotographs('sa-------g t', { s: 'S2', a: 'A5000', g: 'gap8' }, '---------f', {
      f: 'first 2 5000mA @1',
    });
  });

  it('lets settle what has not, from where it was', () => {
    expectPhotographs(
      'sa--------t-u--g------t',
      { s: 'S2', a: 'A5000', u: 'S3', g: 'gap2' },
      '----------f-----------s',
      {
        f: 'first 2 5000mA @1',
        s: 'status 3 @12',
      },
    );
  });

  it('drops a change that is back inside its deadbands', () => {
    expectPhotographs(
      'sa--t-bc---g-----t',
      { s: 'S2', a: 'A5000', b: 'A3900', c: 'A5000', g: 'gap3' },
      '----f',
      {
        f: 'first 2 5000mA @1',
      },
    );
  });

  it('takes no interval photograph for that time, but one with the first live reading after it', () => {
    expectPhotographs('s--t 3996ms g---t--s---t', { s: 'S2', g: 'gap3900' }, '---f 4007ms i', {
      f: 'first 2 @0',
      i: 'interval 2 @4007',
    });
  });

  it('counts silence from its end for what was not silent before', () => {
    // The interval falls due 590 after the gap, and 1795 after the last reading.
    expectPhotographs('s--t 1206ms g 598ms t', { s: 'S2', g: 'gap1200' }, '---f 1206ms - 598ms i', {
      f: 'first 2 @0',
      i: 'interval 2 @1800',
    });
  });

  it('leaves silent what was silent before', () => {
    expectPhotographs('s--t 1206ms g 598ms t', { s: 'S2', g: 'gap500' }, '---f', { f: 'first 2 @0' });
  });
});

describe('settlePhotograph, when a box comes and goes', () => {
  it('takes a status that is due of a removed box at once, and nothing more', () => {
    expectPhotographs('sar----t 9999ms t', { s: 'S2', a: 'A5000', r: 'removed' }, '--f', {
      f: 'first 2 5000mA @1',
    });
  });

  it('drops a change that is due of a removed box', () => {
    expectPhotographs('sa--t---br----t', { s: 'S2', a: 'A5000', b: 'A3000', r: 'removed' }, '----f', {
      f: 'first 2 5000mA @1',
    });
  });

  it('compares a box that comes back with its last photograph', () => {
    expectPhotographs('s--t-r---l-s----t', { s: 'S2', r: 'removed', l: 'listed' }, '---f', {
      f: 'first 2 @0',
    });
    expectPhotographs(
      's--t-r---l-u----t',
      { s: 'S2', r: 'removed', l: 'listed', u: 'S3' },
      '---f------------s',
      {
        f: 'first 2 @0',
        s: 'status 3 @11',
      },
    );
  });

  it('takes what fell due while a box was away with its first live reading', () => {
    expectPhotographs('s--t-r 3999ms s----t', { s: 'S2', r: 'removed' }, '---f-- 3999ms -----i', {
      f: 'first 2 @0',
      i: 'interval 2 @4005',
    });
  });
});

describe('settlePhotograph, with what was recorded before', () => {
  it('takes no first photograph of an outlet that has one', () => {
    expectPhotographs('-s----t', { s: 'S2' }, '-', {}, recalled(LAST));
  });

  it('takes another status than that of the last one for a change of status', () => {
    expectPhotographs('-s----t', { s: 'S3' }, '------s', { s: 'status 3 @1' }, recalled(LAST));
  });

  it('compares later values with the last one', () => {
    expectPhotographs(
      '-sa---t--b-----t',
      { s: 'S2', a: 'A4100', b: 'A4000' },
      '---------------c',
      {
        c: 'change 2 4000mA @9',
      },
      recalled(LAST),
    );
  });

  it('compares with the latest, in whichever order they are read', () => {
    const older = { ...LAST, status: 3 };
    const newer = { ...LAST, timeMs: 1, status: 2 };
    expectPhotographs('--s----t', { s: 'S2' }, '-', {}, recalled(newer, older));
    expectPhotographs('--s----t', { s: 'S2' }, '-', {}, recalled(older, newer));
  });
});
