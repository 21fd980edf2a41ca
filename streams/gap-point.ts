import type { Unobserved } from './observation.ts';
import type { PointOf } from './point.ts';

/** The form in which InfluxDB keeps that nothing was observed, at the end of that time. */
export function gapPoint({ from, receivedAt: to }: Unobserved): PointOf<'gap'> {
  return { measurement: 'gap', tags: {}, timeMs: to, fields: { from, to } };
}
