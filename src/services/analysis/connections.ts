import { z } from 'zod';
import { defineFlux } from '../../influx/flux.ts';
import type { Connection } from '../../postgres/database.ts';
import type { DaySpan } from '../../postgres/job-ledger.ts';
import type { AnalysisContext, JobOutcome } from './context.ts';
import { type CopyValue, copyRows } from './copy-rows.ts';

const PARAMETERS = { bucket: 'string', from: 'time', to: 'time' } as const;
const connections = defineFlux('queries/connections.flux', PARAMETERS);
const gaps = defineFlux('queries/gaps.flux', PARAMETERS);

const ConnectionPoint = z.object({
  _time: z.string(),
  box: z.string(),
  online: z.boolean().nullish(),
  silent: z.boolean().nullish(),
});
const GapPoint = z.object({ _time: z.string(), from: z.number(), to: z.number() });

/** Replaces BOX_CONNECTION of these days by the connection points. Unknown connection counts as online. */
export function copyConnections(
  connection: Connection,
  span: DaySpan,
  context: AnalysisContext,
): Promise<JobOutcome> {
  const { queryFlux, historyBucket: bucket, signal } = context;
  return replace(connection, span, context, 'box_connection', 'box, at, online', async function* (range) {
    for await (const { _time, box, online, silent } of queryFlux(
      connections({ bucket, ...range }),
      ConnectionPoint,
      signal,
    ))
      yield [box, _time, online !== false && silent !== true];
  });
}

/** Replaces UNOBSERVED_TIME of these days by the gap points. */
export function copyGaps(
  connection: Connection,
  span: DaySpan,
  context: AnalysisContext,
): Promise<JobOutcome> {
  const { queryFlux, historyBucket: bucket, signal } = context;
  const columns = 'at, from_time, to_time';
  return replace(connection, span, context, 'unobserved_time', columns, async function* (range) {
    for await (const { _time, from, to } of queryFlux(gaps({ bucket, ...range }), GapPoint, signal))
      yield [_time, new Date(from).toISOString(), new Date(to).toISOString()];
  });
}

type Range = { readonly from: number; readonly to: number };

const Bounds = z.object({ from: z.number(), to: z.number() });
const Changed = z.object({ fromDay: z.string().nullable(), toDay: z.string().nullable() });

/**
 * Lays the rows of a span beside the table, and takes over what differs.
 * @param table and @param columns are Evida's own words, never input; `at` is the time by which a row belongs to a day
 */
async function replace(
  connection: Connection,
  { fromDay, toDay }: DaySpan,
  { timeZone, nowMs }: AnalysisContext,
  table: 'box_connection' | 'unobserved_time',
  columns: string,
  read: (range: Range) => AsyncIterable<readonly CopyValue[]>,
): Promise<JobOutcome> {
  const bounds = await connection.query(
    `SELECT (extract(epoch FROM $1::date::timestamp AT TIME ZONE $3) * 1000)::double precision AS "from",
            (extract(epoch FROM $2::date::timestamp AT TIME ZONE $3) * 1000)::double precision AS "to"`,
    [fromDay, toDay, timeZone],
  );
  const { from, to } = Bounds.parse(bounds.rows[0]);
  await connection.query(`CREATE TEMPORARY TABLE staged (LIKE ${table}) ON COMMIT DROP`);
  const range = { from, to: Math.max(Math.min(to, nowMs), from + 1) };
  const rows = await copyRows(connection, `staged (${columns})`, read(range));
  await connection.query('ANALYZE staged');
  // Also the days that a gap reaches back to have changed.
  const since = table === 'unobserved_time' ? 'from_time' : 'at';
  const changed = await connection.query(
    `WITH removed AS (
       DELETE FROM ${table} AS kept
        WHERE at >= $1::date::timestamp AT TIME ZONE $3 AND at < $2::date::timestamp AT TIME ZONE $3
          AND NOT EXISTS (SELECT FROM staged WHERE ROW(staged.*) = ROW(kept.*))
       RETURNING ${since} AS since, at
     ), added AS (
       SELECT * FROM staged WHERE NOT EXISTS (SELECT FROM ${table} AS kept WHERE ROW(staged.*) = ROW(kept.*))
     ), changed AS (SELECT since, at FROM removed UNION ALL SELECT ${since}, at FROM added)
     SELECT (min(since) AT TIME ZONE $3)::date::text AS "fromDay", ((max(at) AT TIME ZONE $3)::date + 1)::text AS "toDay"
       FROM changed`,
    [fromDay, toDay, timeZone],
  );
  await connection.query(
    `INSERT INTO ${table} SELECT * FROM staged
         ON CONFLICT DO NOTHING`,
  );
  const days = Changed.parse(changed.rows[0]);
  return {
    rows,
    changed:
      days.fromDay === null || days.toDay === null ? undefined : { fromDay: days.fromDay, toDay: days.toDay },
  };
}
