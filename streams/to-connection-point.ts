import { map, type OperatorFunction } from 'rxjs';
import type { Connection } from './connection.ts';
import type { PointOf } from './point.ts';

/** Gives connections the form in which InfluxDB keeps them. */
export function toConnectionPoint(): OperatorFunction<Connection, PointOf<'connection'>> {
  return map(({ box, timeMs, online, silent }) => ({
    measurement: 'connection',
    tags: { box },
    timeMs,
    fields: { online, silent },
  }));
}
