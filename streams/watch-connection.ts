import type { OperatorFunction, SchedulerLike } from 'rxjs';
import type { Connection, ConnectionRules } from './connection.ts';
import { ConnectionReducer } from './connection-reducer.ts';
import { reduceKeyed } from './keyed-reducer.ts';
import type { Readings } from './reading.ts';

/** Whether each box is online and heard of: at each change, and at each business midnight. */
export function watchConnection(
  rules: ConnectionRules,
  scheduler?: SchedulerLike,
): OperatorFunction<Readings, Connection> {
  return reduceKeyed(() => new ConnectionReducer(rules), scheduler);
}
