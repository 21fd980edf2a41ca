import type { OperatorFunction, SchedulerLike } from 'rxjs';
import type { Connection, ConnectionRules } from './connection.ts';
import { ConnectionReducer } from './connection-reducer.ts';
import type { Observation } from './observation.ts';
import { reduceKeyed } from './reduce-keyed.ts';

/**
 * Whether each box is online and heard of: at each change, and at each business midnight.
 * @param createReducer gives the state to begin with: none, or one that was recovered from a log
 */
export function watchConnection(
  rules: ConnectionRules,
  scheduler?: SchedulerLike,
  createReducer = () => new ConnectionReducer(rules),
): OperatorFunction<Observation, Connection> {
  return reduceKeyed(createReducer, scheduler);
}
