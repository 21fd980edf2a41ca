import { z } from 'zod';
import type { Connection } from '../../postgres/database.ts';
import type { DaySpan } from '../../postgres/job-ledger.ts';
import { type AnalysisContext, type JobOutcome, joined } from './context.ts';
import { analysisSql, fillBySql, instantsOf } from './run-sql.ts';
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

const READ_ON_MS = 86_400_000;

const KnownDay = z.object({ fromDay: z.string(), knownDay: z.string() });
const Reopened = z.array(z.object({ box: z.number(), outlet: z.number(), startMs: z.number() }));
const MergeGap = z.object({ mergeGapMs: z.number() });

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
  const rows = await stagePhotographs(
    connection,
    await stagedSpan(connection, read, context),
    reopened,
    context,
  );
  await connection.query('ANALYZE photograph');
  await stageKnownBefore(connection, read, context);
  await putInOrder(connection, span, context);
  await connection.query('ANALYZE photograph_in_order');
  const sessions = await fillSessions(connection, span, context);
  const hours = await fillHours(connection, span, context);
  await fillOutsideSession(connection, span, context);
  await fillKnown(connection, due, context);
  const installation = await fillInstallation(connection, span, context);
  return { rows, changed: joined(joined(sessions.changed, hours.changed), installation.changed) };
}

/**
 * What is read of these days, but nothing after the moment of the run: up to a day after them, since an increase is spread
 * over the 24 hours before it, and most sessions that go on are over then; sql/analysis/charging-session.sql knows of it, too.
 */
async function stagedSpan(
  connection: Connection,
  days: DaySpan,
  { settings, timeZone, nowMs }: AnalysisContext,
): Promise<StagedSpan> {
  const { fromTime, toTime } = await instantsOf(connection, days, timeZone);
  const fromMs = Date.parse(fromTime);
  const { rows } = await connection.query(
    `SELECT (extract(epoch FROM $1::interval) * 1000)::double precision AS "mergeGapMs"`,
    [settings.merge_gap],
  );
  const toMs = Math.max(Math.min(Date.parse(toTime) + READ_ON_MS, nowMs), fromMs);
  return { fromMs, toMs, mergeGapMs: MergeGap.parse(rows[0]).mergeGapMs };
}
