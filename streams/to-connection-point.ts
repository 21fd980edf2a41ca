import { map, type OperatorFunction } from 'rxjs';
import type { Connection } from './connection.ts';
import { connectionPoint } from './connection-point.ts';
import type { PointOf } from './point.ts';

/** Gives connections the form in which InfluxDB keeps them. */
export function toConnectionPoint(): OperatorFunction<Connection, PointOf<'connection'>> {
  return map(connectionPoint);
}
