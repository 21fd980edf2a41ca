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

/** A statement of `sql/analysis/` as a function of a span and a context; gives its rows. */
export function analysisSql(
  file: string,
): (connection: Connection, span: DaySpan, context: AnalysisContext) => Promise<unknown[]> {
  const statement = loadSql(`analysis/${file}`, ANALYSIS_PARAMETERS);
  return async (connection, { fromDay, toDay }, context) => {
    const values = { ...context.settings, from_day: fromDay, to_day: toDay, now: nowOf(context) };
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
