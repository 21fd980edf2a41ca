import { expect } from 'chai';
import fc from 'fast-check';
import type { Connection, ConnectionRules } from '../streams/connection.ts';
import { ConnectionReducer } from '../streams/connection-reducer.ts';
import type { Readings } from '../streams/reading.ts';
import { watchConnection } from '../streams/watch-connection.ts';
import { inVirtualTime } from './fixture/in-virtual-time.ts';
import { runReducer } from './fixture/run-reducer.ts';
import { runs } from './fixture/runs.ts';
import { modelConnections } from './model/connection-model.ts';
import { daysOfTraffic, SILENT_AFTER_MS } from './model/days-of-traffic.ts';

/** Into the next business day, whatever the zone. */
const AFTERWARDS_MS = 25 * 3_600_000;

/** Without summer time; with it at night and, in the year of this traffic, at midnight; and off the full hours. */
const someRules: fc.Arbitrary<ConnectionRules> = fc
  .constantFrom('Asia/Ho_Chi_Minh', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu')
  .map((timeZone) => ({ silentAfterMs: SILENT_AFTER_MS, timeZone }));

function endOf(messages: readonly Readings[]): number {
  return (messages.at(-1)?.receivedAt ?? 0) + AFTERWARDS_MS;
}

function connectionsOf(messages: readonly Readings[], rules: ConnectionRules): Connection[] {
  return runReducer(new ConnectionReducer(rules), messages, endOf(messages));
}

/** Each box by itself, in its own order: between boxes there is none. */
function byBox(connections: readonly Connection[]): Map<number, Connection[]> {
  const boxes = new Map<number, Connection[]>();
  for (const connection of connections)
    boxes.set(connection.box, [...(boxes.get(connection.box) ?? []), connection]);
  return boxes;
}

describe('connections of any traffic', function () {
  this.timeout(600_000);
  const check = (property: (messages: Readings[], rules: ConnectionRules) => void) =>
    fc.assert(fc.property(daysOfTraffic, someRules, property), { numRuns: runs(100) });

  it('are those of a slow model that reads all messages again at each instant', () => {
    check((messages, rules) => {
      const model = modelConnections(messages, rules, endOf(messages));
      const told = [...model].filter(([, connections]) => connections.length > 0);
      expect(byBox(connectionsOf(messages, rules))).to.deep.equal(new Map(told));
    });
  });

  it('are the same from the operator, by its own timer', () => {
    check((messages, rules) => {
      const operator = inVirtualTime(
        (scheduler) => watchConnection(rules, scheduler),
        messages,
        endOf(messages),
      );
      expect(operator).to.deep.equal(connectionsOf(messages, rules));
    });
  });
});
