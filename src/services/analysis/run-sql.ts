import { z } from 'zod';
import type { Connection } from '../../postgres/database.ts';
import type { DaySpan } from '../../postgres/job-ledger.ts';
import { loadSql } from '../../postgres/sql-file.ts';
import { type AnalysisContext, type DoSpan, type JobOutcome, nowOf } from './context.ts';
import { ANALYSIS_PARAMETERS } from './definitions.ts';

const Outcome = z.object({
  rows: z.number(),
  changedFrom: z.string().nullable(),
  changedTo: z.string().nullable(),
});

const Instants = z.object({ fromTime: z.string(), toTime: z.string() });

/** The instants at which a span of business days begins and ends, as ISO text. */
export async function instantsOf(
  connection: Connection,
  { fromDay, toDay }: DaySpan,
  timeZone: string,
): Promise<z.output<typeof Instants>> {
  const { rows } = await connection.query(
    `SELECT to_json($1::date::timestamp AT TIME ZONE $3) #>> '{}' AS "fromTime",
            to_json($2::date::timestamp AT TIME ZONE $3) #>> '{}' AS "toTime"`,
    [fromDay, toDay, timeZone],
  );
  return Instants.parse(rows[0]);
}

/** A statement of `sql/analysis/` as a function of a span and a context; gives its rows. */
export function analysisSql(
  file: string,
): (connection: Connection, span: DaySpan, context: AnalysisContext) => Promise<unknown[]> {
  const statement = loadSql(`analysis/${file}`, ANALYSIS_PARAMETERS);
  return async (connection, span, context) => {
    const { fromTime, toTime } = await instantsOf(connection, span, context.timeZone);
    const values = {
      ...context.settings,
      from_day: span.fromDay,
      to_day: span.toDay,
      from_time: fromTime,
      to_time: toTime,
      now: nowOf(context),
    };
    return (await connection.query(statement.bind(values))).rows;
  };
}

/** One that brings a table up to date, and tells how many rows it holds and on which days they changed. */
export function fillBySql(file: string): DoSpan {
  const run = analysisSql(file);
  return async (connection, span, context) => toOutcome((await run(connection, span, context))[0]);
}

function toOutcome(row: unknown): JobOutcome {
  const { rows, changedFrom, changedTo } = Outcome.parse(row);
  const changed =
    changedFrom === null || changedTo === null ? undefined : { fromDay: changedFrom, toDay: changedTo };
  return { rows, changed };
}
