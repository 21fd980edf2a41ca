import { z } from 'zod';
import type { Connection } from '../../postgres/database.ts';
import type { DaySpan } from '../../postgres/job-ledger.ts';
import { type AnalysisContext, type JobOutcome, joined } from './context.ts';
import { analysisSql, fillBySql } from './run-sql.ts';
import { createStage, type StagedSpan, stagePhotographs } from './stage-photographs.ts';

const findKnownDay = analysisSql('known-day.sql');
const stageReopened = analysisSql('reopened-sessions.sql');
const putInOrder = analysisSql('photographs-in-order.sql');
const fillSessions = fillBySql('charging-session.sql');
const fillHours = fillBySql('box-hour.sql');
const fillOutsideSession = analysisSql('energy-outside-session.sql');
const fillInstallation = fillBySql('outlet-installation.sql');

const stageKnownBefore = analysisSql('known-before.sql');
const fillKnown = analysisSql('outlet-known.sql');

const KnownDay = z.object({ fromDay: z.string(), knownDay: z.string() });
const Reopened = z.array(z.object({ box: z.number(), outlet: z.number(), startMs: z.number() }));
const Instants = z.object({
  fromMs: z.number(),
  toMs: z.number(),
  mergeGapMs: z.number(),
});

/**
 * Builds what the photographs tell of these days, and of those before them that they bear on: sessions, use by the hour,
 * energy outside of sessions, and which outlets are installed. Its rows are the photographs that were read.
 */
export async function buildSessions(
  connection: Connection,
  due: DaySpan,
  context: AnalysisContext,
): Promise<JobOutcome> {
  const { fromDay, knownDay } = KnownDay.parse((await findKnownDay(connection, due, context))[0]);
  const span = { fromDay, toDay: due.toDay };
  const read = { fromDay: knownDay, toDay: due.toDay };
  await createStage(connection);
  const reopened = Reopened.parse(await stageReopened(connection, due, context));
  const instants = await instantsOf(connection, read, context);
  const rows = await stagePhotographs(connection, instants, reopened, context);
  await stageKnownBefore(connection, read, context);
  await connection.query('ANALYZE photograph');
  await putInOrder(connection, span, context);
  await connection.query('ANALYZE photograph_in_order');
  const sessions = await fillSessions(connection, span, context);
  const hours = await fillHours(connection, span, context);
  await fillOutsideSession(connection, span, context);
  await fillKnown(connection, span, context);
  const installation = await fillInstallation(connection, span, context);
  return { rows, changed: joined(joined(sessions.changed, hours.changed), installation.changed) };
}

/** Where the span begins and ends, ms UTC; not after the moment of the run. */
async function instantsOf(
  connection: Connection,
  { fromDay, toDay }: DaySpan,
  { settings, timeZone, nowMs }: AnalysisContext,
): Promise<StagedSpan> {
  const { rows } = await connection.query(
    `SELECT (extract(epoch FROM $1::date::timestamp AT TIME ZONE $3) * 1000)::double precision AS "fromMs",
            (extract(epoch FROM $2::date::timestamp AT TIME ZONE $3) * 1000)::double precision AS "toMs",
            (extract(epoch FROM $4::interval) * 1000)::double precision AS "mergeGapMs"`,
    [fromDay, toDay, timeZone, settings.merge_gap],
  );
  const { toMs, ...instants } = Instants.parse(rows[0]);
  return { ...instants, toMs: Math.max(Math.min(toMs, nowMs), instants.fromMs) };
}
