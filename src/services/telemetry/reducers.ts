import { merge, type Observable, type SchedulerLike } from 'rxjs';
import type { BoxPhotographs } from '../../../streams/box-photographs.ts';
import type { BoxUtilization } from '../../../streams/box-utilization.ts';
import { type BoxConnection, ConnectionReducer } from '../../../streams/connection-reducer.ts';
import type { Snapshot } from '../../../streams/keyed-reducer.ts';
import type { Observation } from '../../../streams/observation.ts';
import { PhotographReducer } from '../../../streams/photograph-reducer.ts';
import type { Point } from '../../../streams/point.ts';
import type { Reducers } from '../../../streams/recovery.ts';
import { toGapPoint } from '../../../streams/to-gap-point.ts';
import { UtilizationReducer } from '../../../streams/utilization-reducer.ts';
import type { Config } from '../../config.ts';
import { connectionRules, connections } from '../photograph/connections.ts';
import { photographRules, photographs } from '../photograph/photographs.ts';
import { utilization, utilizationRules } from '../utilization/utilization.ts';

/** What the reducers knew at a time of the log. */
export interface ReducerStates {
  readonly photographs: Snapshot<BoxPhotographs>;
  readonly connections: Snapshot<BoxConnection>;
  readonly utilization: Snapshot<BoxUtilization>;
}

/** The reducers that the roles of this process need; with the state of a snapshot, if there is one. */
export function createReducers(config: Config, states?: ReducerStates): Reducers {
  return {
    ...(config.ROLES.includes('photograph') && {
      photographs: new PhotographReducer(photographRules(config), states?.photographs),
      connections: new ConnectionReducer(connectionRules(config), states?.connections),
    }),
    ...(config.ROLES.includes('utilization') && {
      utilization: new UtilizationReducer(utilizationRules(config), states?.utilization),
    }),
  };
}

/** The points that follow from what is observed, by the reducers that there are. */
export function decide(
  observations$: Observable<Observation>,
  reducers: Reducers,
  config: Config,
  scheduler: SchedulerLike,
): Observable<Point> {
  const decided: Observable<Point>[] = [];
  const { photographs: ofPhotographs, connections: ofConnections, utilization: ofUtilization } = reducers;
  if (ofPhotographs !== undefined)
    decided.push(photographs(observations$, photographRules(config), scheduler, () => ofPhotographs));
  if (ofConnections !== undefined) {
    decided.push(connections(observations$, connectionRules(config), scheduler, () => ofConnections));
    decided.push(observations$.pipe(toGapPoint()));
  }
  if (ofUtilization !== undefined)
    decided.push(utilization(observations$, utilizationRules(config), scheduler, () => ofUtilization));
  return merge(...decided);
}
