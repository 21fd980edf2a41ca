import type { Connection } from './connection.ts';
import type { PointOf } from './point.ts';

/** The form in which InfluxDB keeps a connection. */
export function connectionPoint({ box, timeMs, online, silent }: Connection): PointOf<'connection'> {
  return { measurement: 'connection', tags: { box }, timeMs, fields: { online, silent } };
}

/** The connection that a point was made of; undefined if it lacks a field. */
export function connectionOf({ tags, timeMs, fields }: PointOf<'connection'>): Connection | undefined {
  const { online, silent } = fields;
  return online === undefined || silent === undefined ? undefined : { box: tags.box, timeMs, online, silent };
}
