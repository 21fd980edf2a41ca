import type { Observable, SchedulerLike } from 'rxjs';
import type { ConnectionRules } from '../../../streams/connection.ts';
import type { ConnectionReducer } from '../../../streams/connection-reducer.ts';
import type { Observation } from '../../../streams/observation.ts';
import type { PointOf } from '../../../streams/point.ts';
import { toConnectionPoint } from '../../../streams/to-connection-point.ts';
import { watchConnection } from '../../../streams/watch-connection.ts';
import type { Config } from '../../config.ts';

/** Whether the boxes are online and heard of, from what they say. */
export function connections(
  observations$: Observable<Observation>,
  rules: ConnectionRules,
  scheduler?: SchedulerLike,
  createReducer?: () => ConnectionReducer,
): Observable<PointOf<'connection'>> {
  return observations$.pipe(watchConnection(rules, scheduler, createReducer), toConnectionPoint());
}

/** The rules as the environment sets them. */
export function connectionRules(config: Config): ConnectionRules {
  return { silentAfterMs: config.SILENT_AFTER, timeZone: config.TIME_ZONE };
}
