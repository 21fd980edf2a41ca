import type { Observable, SchedulerLike } from 'rxjs';
import type { ConnectionRules } from '../../../streams/connection.ts';
import type { PointOf } from '../../../streams/point.ts';
import type { Readings } from '../../../streams/reading.ts';
import { toConnectionPoint } from '../../../streams/to-connection-point.ts';
import { watchConnection } from '../../../streams/watch-connection.ts';
import type { Config } from '../../config.ts';

/** Whether the boxes are online and heard of, from what they say. */
export function connections(
  readings$: Observable<Readings>,
  rules: ConnectionRules,
  scheduler?: SchedulerLike,
): Observable<PointOf<'connection'>> {
  return readings$.pipe(watchConnection(rules, scheduler), toConnectionPoint());
}

/** The rules as the environment sets them. */
export function connectionRules(config: Config): ConnectionRules {
  return { silentAfterMs: config.SILENT_AFTER, timeZone: config.TIME_ZONE };
}
