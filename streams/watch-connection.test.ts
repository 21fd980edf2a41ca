import { asyncScheduler, map } from 'rxjs';
import { marbles } from '../test/fixture/marbles.ts';
import { expectPassedOn } from '../test/fixture/operator-cases.ts';
import { expectInToldTime } from '../test/fixture/told-time.ts';
import type { Connection } from './connection.ts';
import type { Readings } from './reading.ts';
import type { StreamScheduler } from './stream-scheduler.ts';
import { watchConnection } from './watch-connection.ts';

const RULES = { silentAfterMs: 10, timeZone: 'UTC' };

/** `S2` is a status of box 10's outlet 0, `O0` its own (0 is online), `A5` a current; `~O1` is retained in a resumed session. */
function reading(text: string, receivedAt: number): Readings {
  const isStale = text.startsWith('~');
  const letter = text.charAt(isStale ? 1 : 0);
  const value = Number(text.slice(isStale ? 2 : 1));
  const quantity = letter === 'A' ? 'current' : 'status';
  const values = [{ index: letter === 'O' ? 10 : 0, value }];
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

function inWords({ online, silent, timeMs }: Connection): string {
  return `${online ? 'online' : 'offline'}${silent ? ' silent' : ''} @${timeMs}`;
}

function expectConnections(
  source: string,
  readings: Record<string, string>,
  expected: string,
  connections: Record<string, string>,
  unsubscribed = '^ 999ms !',
): void {
  marbles(({ hot, expectObservable, expectSubscriptions }) => {
    const messages = hot(source, readings);
    const result = messages.pipe(
      map((text) => reading(text, asyncScheduler.now())),
      watchConnection(RULES),
      map(inWords),
    );
    expectObservable(result, unsubscribed).toBe(expected, connections);
    expectSubscriptions(messages.subscriptions).toBe(unsubscribed);
  });
}

/** The same with notices (see `expectInToldTime`) among the readings. */
function expectConnectionsInToldTime(
  source: string,
  texts: Record<string, string>,
  expected: string,
  connections: Record<string, string>,
): void {
  const operator = (scheduler: StreamScheduler) => watchConnection(RULES, scheduler);
  expectInToldTime({ reading, operator, inWords }, source, texts, expected, connections);
}

describe('watchConnection', () => {
  it('records the first known connection, and each change of it, once', () => {
    expectConnections('aaoabbo    ', { a: 'O0', b: 'O1', o: 'A5' }, 'a---b-----------(s)', {
      a: 'online @0',
      b: 'offline @4',
      s: 'offline silent @16',
    });
  });

  it('records when a box falls silent, and when it is heard again; unknown counts as online', () => {
    expectConnections('s---s-------------s----', { s: 'S2' }, '--------------x---y---------z', {
      x: 'online silent @14',
      y: 'online @18',
      z: 'online silent @28',
    });
  });

  it('takes nothing that is retained for a sign of life, and keeps what is known against it', () => {
    expectConnections('a----r------', { a: 'O0', r: '~O1' }, 'a---------s', {
      a: 'online @0',
      s: 'online silent @10',
    });
  });

  it('records both at each business midnight', () => {
    expectConnections(
      'a 11ms a',
      { a: 'O1' },
      'a---------s-b---------t 86399977ms m',
      {
        a: 'offline @0',
        s: 'offline silent @10',
        b: 'offline @12',
        t: 'offline silent @22',
        m: 'offline silent @86400000',
      },
      '^ 86400001ms !',
    );
  });

  it('knows a box from when it is listed, and that it is silent though it never speaks', () => {
    expectConnectionsInToldTime('l---l-------t', { l: 'listed' }, '------------s', {
      s: 'online silent @10',
    });
  });

  it('records a removed box as offline and silent, and nothing more of it, not at midnight either', () => {
    expectConnectionsInToldTime('a----r-----t 86399990ms t', { a: 'O0', r: 'removed' }, 'a----r', {
      a: 'online @0',
      r: 'offline silent @5',
    });
  });

  it('takes a removed box that is listed again for one that it never knew', () => {
    expectConnectionsInToldTime('a----r--l--a', { a: 'O0', r: 'removed', l: 'listed' }, 'a----r-----b', {
      a: 'online @0',
      r: 'offline silent @5',
      b: 'online @11',
    });
  });

  it('counts silence from the end of what nobody observed', () => {
    expectConnectionsInToldTime('a---- 99ms g---------t', { a: 'O0', g: 'gap99' }, 'a---- 99ms ----------s', {
      a: 'online @0',
      s: 'online silent @114',
    });
  });

  it('leaves silent what was silent before nothing was observed', () => {
    expectConnectionsInToldTime(
      'a----------- 99ms g-----------t',
      { a: 'O0', g: 'gap99' },
      'a----------- 99ms s',
      {
        a: 'online @0',
        s: 'online silent @10',
      },
    );
  });

  it('records no midnight that nobody observed', () => {
    expectConnectionsInToldTime(
      'a---- 86400000ms g--t 86399999ms t',
      { a: 'O0', g: 'gap86400001' },
      'a 172800007ms (sm)',
      {
        a: 'online @0',
        s: 'online silent @86400015',
        m: 'online silent @172800000',
      },
    );
  });

  it('gives nothing for nothing, and passes completion and errors on', () => {
    expectPassedOn(reading, 'S2', watchConnection(RULES));
  });
});
