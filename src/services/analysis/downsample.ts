import { z } from 'zod';
import { defineFlux } from '../../influx/flux.ts';
import { collectRows } from '../../influx/query.ts';
import type { DoSpan } from './context.ts';

const downsample = defineFlux('queries/downsample-again.flux', {
  telemetryBucket: 'string',
  historyBucket: 'string',
  measurement: 'string',
  from: 'time',
  to: 'time',
});

const DAY_MS = 86_400_000;
const Count = z.object({ _value: z.number() });

/**
 * Downsamples the days (in UTC) of a span again, for points that came later than the tasks in InfluxDB look back. The day of
 * the run is left to them until it is over. Its rows are the values that were written.
 */
export const downsampleAgain: DoSpan = async (_connection, { fromDay, toDay }, context) => {
  const { telemetryBucket, historyBucket, queryFlux, nowMs, signal } = context;
  // A business day may begin in the UTC day before.
  const from = Date.parse(`${fromDay}T00:00:00Z`) - DAY_MS;
  const to = Math.min(Date.parse(`${toDay}T00:00:00Z`) + DAY_MS, Math.floor(nowMs / DAY_MS) * DAY_MS);
  if (telemetryBucket === undefined || from >= to) return { rows: 0, changed: undefined };
  let rows = 0;
  for (const measurement of ['consumption', 'meter']) {
    const flux = downsample({ telemetryBucket, historyBucket, measurement, from, to });
    for (const { _value } of await collectRows(queryFlux(flux, Count, signal))) rows += _value;
  }
  return { rows, changed: undefined };
};
