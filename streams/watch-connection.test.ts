import { asyncScheduler, map } from 'rxjs';
import { marbles } from '../test/fixture/marbles.ts';
import { expectPassedOn } from '../test/fixture/operator-cases.ts';
import type { Readings } from './reading.ts';
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
      map(
        ({ online, silent, timeMs }) =>
          `${online ? 'online' : 'offline'}${silent ? ' silent' : ''} @${timeMs}`,
      ),
    );
    expectObservable(result, unsubscribed).toBe(expected, connections);
    expectSubscriptions(messages.subscriptions).toBe(unsubscribed);
  });
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

  it('gives nothing for nothing, and passes completion and errors on', () => {
    expectPassedOn(reading, 'S2', watchConnection(RULES));
  });
});
