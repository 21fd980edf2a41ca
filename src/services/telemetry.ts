import { merge, type Observable, type SchedulerLike, share, tap } from 'rxjs';
import { type Decoded, decodeMessage } from '../../streams/decode-message.ts';
import type { Message } from '../../streams/message.ts';
import type { Point } from '../../streams/point.ts';
import { selectReadings } from '../../streams/select-readings.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { connectionRules, connections } from './photograph/connections.ts';
import { photographRules, photographs } from './photograph/photographs.ts';
import { utilization, utilizationRules } from './utilization/utilization.ts';

/** What came in so far. */
export interface MessageStats {
  received: number;
  /** Messages of which something, or all, could not be used. */
  rejected: number;
}

/** The points that the boxes' messages give, by the roles of this process. */
export function telemetry(
  messages$: Observable<Message>,
  config: Config,
  stats: MessageStats,
  log: Log,
  scheduler?: SchedulerLike,
): Observable<Point> {
  const readings$ = messages$.pipe(
    decodeMessage(),
    tap((decoded) => count(decoded, stats, log)),
    selectReadings(),
    share(),
  );
  const points: Observable<Point>[] = [];
  if (config.ROLES.includes('photograph')) {
    points.push(photographs(readings$, photographRules(config), scheduler));
    points.push(connections(readings$, connectionRules(config), scheduler));
  }
  if (config.ROLES.includes('utilization')) {
    points.push(utilization(readings$, utilizationRules(config), scheduler));
  }
  return merge(...points);
}

function count({ message, rejections }: Decoded, stats: MessageStats, log: Log): void {
  stats.received++;
  if (rejections.length === 0) return;
  stats.rejected++;
  log.debug({ topic: message.topic, rejections }, 'a message could not be used, or not all of it');
}
