import { expectPassedOn } from '../test/fixture/operator-cases.ts';
import { expectPhotographs, RULES, reading } from '../test/fixture/photograph-marbles.ts';
import { settlePhotograph } from './settle-photograph.ts';

describe('settlePhotograph', () => {
  it('takes a first photograph of any status, settle after it', () => {
    expectPhotographs('s         ', { s: 'S0' }, '--f       ', { f: 'first 0 @0' });
  });

  it('records status 3 while the current falls 3 s later as one photograph with 0 A', () => {
    expectPhotographs(
      'sa--------t--z      ',
      { s: 'S2', a: 'A5000', t: 'S3', z: 'A0' },
      '---f---------p      ',
      { f: 'first 2 5000mA @1', p: 'status 3 0mA @13' },
    );
  });

  it('waits at most settle max for values that do not come, and leaves them out', () => {
    expectPhotographs(
      'sa--------t               ',
      { s: 'S2', a: 'A5000', t: 'S3' },
      '---f----------------p     ',
      { f: 'first 2 5000mA @1', p: 'status 3 @10' },
    );
  });

  it('swallows no status: 2→3→2 within settle gives all three, in order', () => {
    expectPhotographs('abc        ', { a: 'S2', b: 'S3', c: 'S2' }, '-fs-t      ', {
      f: 'first 2 @0',
      s: 'status 3 @1',
      t: 'status 2 @2',
    });
  });

  it('records a change of a deadband while charging, once it has settled', () => {
    expectPhotographs(
      'sa------bc------   ',
      { s: 'S2', a: 'A5000', b: 'A3900', c: 'A2000' },
      '---f-------c       ',
      { f: 'first 2 5000mA @1', c: 'change 2 2000mA @9' },
    );
  });

  it('drops a change that is back inside its deadbands when it has settled', () => {
    expectPhotographs(
      'sa------bc      ',
      { s: 'S2', a: 'A5000', b: 'A3900', c: 'A5000' },
      '---f            ',
      { f: 'first 2 5000mA @1' },
    );
  });

  it('records slow drift: 0.3 A a minute is recorded at 1 A', () => {
    expectPhotographs(
      'sa 58ms b 59ms c 59ms d 59ms e',
      { s: 'S2', a: 'A5000', b: 'A4700', c: 'A4400', d: 'A4100', e: 'A3800' },
      '---f 238ms c                  ',
      { f: 'first 2 5000mA @1', c: 'change 2 3800mA @240' },
    );
  });

  it('records current that flows in another status than charging as a draw', () => {
    expectPhotographs('s----a     ', { s: 'S4', a: 'A1000' }, '--f----d   ', {
      f: 'first 4 @0',
      d: 'draw 4 1000mA @5',
    });
  });

  it('takes a photograph each interval while charging, at exactly last + interval, unless silent', () => {
    expectPhotographs('s 1499ms s 1499ms s', { s: 'S2' }, '--f 1797ms i       ', {
      f: 'first 2 @0',
      i: 'interval 2 @1800',
    });
  });

  it('takes no interval photograph of an outlet of which only the voltage of its box is heard', () => {
    expectPhotographs('vs 999ms v 999ms v 999ms v 999ms v', { s: 'S2', v: 'V230' }, '---f', {
      f: 'first 2 230V @1',
    });
  });

  it('takes no interval photograph while the box is offline, but with the first live reading after it is online', () => {
    expectPhotographs('so 1798ms s 1799ms s o 98ms s', { s: 'S2', o: 'O1' }, '--f', { f: 'first 2 @0' });
    expectPhotographs('so 1798ms s 99ms n 99ms s    ', { s: 'S2', o: 'O1', n: 'O0' }, '--f 1998ms -i    ', {
      f: 'first 2 @0',
      i: 'interval 2 @2000',
    });
  });

  it('takes no interval photograph of an outlet that is known from retained messages only', () => {
    expectPhotographs('vs 2s v', { s: '~S2', v: '~V230' }, '---f', { f: 'first 2 230V @1' });
  });

  it('takes no photograph of a status 6 but its first, whatever flows', () => {
    expectPhotographs('s--a', { s: 'S6', a: 'A5000' }, '--f', { f: 'first 6 @0' });
  });

  it('records energy that flows in another status than charging as a draw', () => {
    expectPhotographs('sp----q    ', { s: 'S4', p: 'P100', q: 'P3600100' }, '---f----d  ', {
      f: 'first 4 100J @1',
      d: 'draw 4 3600100J @6',
    });
  });

  it('keeps boxes apart', () => {
    expectPhotographs('ab     ', { a: 'S2', b: '11:S4' }, '--fg   ', { f: 'first 2 @0', g: 'first 4 @1' });
  });

  it('takes what fell due while the outlet was silent with its first live reading', () => {
    expectPhotographs('s 1999ms s       ', { s: 'S2' }, '--f 1999ms i     ', {
      f: 'first 2 @0',
      i: 'interval 2 @2000',
    });
  });

  it('records a register that begins anew, and carries that it did', () => {
    expectPhotographs(
      'sp-----qr      ',
      { s: 'S2', p: 'P9000000', q: 'P100', r: 'P200' },
      '---f------r    ',
      { f: 'first 2 9000000J @1', r: 'reset 2 200J reset! @8' },
    );
  });

  it('filters a register glitch 500→0→500: it adds nothing', () => {
    expectPhotographs('sp-----qr      ', { s: 'S2', p: 'P500', q: 'P0', r: 'P500' }, '---f           ', {
      f: 'first 2 500J @1',
    });
  });

  it('gives a command to the status that follows within 30 s', () => {
    expectPhotographs('c--s       ', { c: 'C1', s: 'S2' }, '-----f     ', { f: 'first 2 command 1 @3' });
  });

  it('gives a command to no status that came before it, and to one status only', () => {
    expectPhotographs('sc-t-s     ', { s: 'S1', c: 'C7', t: 'S2' }, '--f--t-s   ', {
      f: 'first 1 @0',
      t: 'status 2 command 7 @3',
      s: 'status 1 @5',
    });
  });

  it('gives no command to a status that comes later than 30 s after it', () => {
    // The one rule that is not a setting: its 30 s are real ones.
    expectPhotographs('c 30s s   ', { c: 'C1', s: 'S2' }, '- 30s --f ', { f: 'first 2 @30001' });
  });

  it('folds what is retained in a resumed session only where nothing is known', () => {
    expectPhotographs(
      'ra--s---bcd     ',
      { r: '~~S2', s: '~~S3', a: '~~A5000', b: '~~A0', c: '~~S4', d: '~~A5000' },
      '---f            ',
      { f: 'first 2 5000mA @1' },
    );
  });

  it('folds what is retained in a new session, but takes it for no sign of life', () => {
    expectPhotographs('sa-----r    ', { s: 'S2', a: 'A5000', r: '~A0' }, '---f-----c  ', {
      f: 'first 2 5000mA @1',
      c: 'change 2 0mA @7',
    });
    expectPhotographs('s 1499ms r 1499ms s', { s: 'S2', r: '~S2' }, '--f 2997ms --i', {
      f: 'first 2 @0',
      i: 'interval 2 @3000',
    });
  });

  it('takes a change of one outlet at most once in the least interval, for a chattering sensor', () => {
    const rules = { ...RULES, changeMinIntervalMs: 20 };
    expectPhotographs(
      'sa------b---c-----d---e----d---',
      { s: 'S2', a: 'A5000', b: 'A3000', c: 'A5000', d: 'A3000', e: 'A5000' },
      '---f------b                    ',
      { f: 'first 2 5000mA @1', b: 'change 2 3000mA @8' },
      rules,
    );
    expectPhotographs(
      'sa------b---c---------------c---',
      { s: 'S2', a: 'A5000', b: 'A3000', c: 'A5000' },
      '---f------b-------------------c ',
      { f: 'first 2 5000mA @1', b: 'change 2 3000mA @8', c: 'change 2 5000mA @28' },
      rules,
    );
  });

  it('carries that something of it waited at the broker, until it is taken', () => {
    expectPhotographs(
      'sa------b-----v-----c---     ',
      { s: '*S2', a: 'A5000', b: 'A3000', v: '*V230', c: 'A1000' },
      '---f------b-----v-----c      ',
      {
        f: 'first 2 5000mA backlog @1',
        b: 'change 2 3000mA @8',
        v: 'change 2 3000mA 230V backlog @14',
        c: 'change 2 1000mA 230V @20',
      },
    );
  });

  it('gives nothing for nothing, passes completion and errors on, and drops what is due when they come', () => {
    expectPassedOn(reading, 'S2', settlePhotograph(RULES));
  });
});
