import { z } from 'zod';
import { compareMirror } from '../../eboost/compare-mirror.ts';
import { type Changes, lockMirror, mirrorEboost, mirrorMasterData, noChanges } from '../../eboost/mirror.ts';
import { defineFlux } from '../../influx/flux.ts';
import { collectRows } from '../../influx/query.ts';
import type { Connection } from '../../postgres/database.ts';
import { type BegunPeriod, requestDays, requestSpan } from '../../postgres/job-ledger.ts';
import { type AnalysisContext, nowOf } from './context.ts';
import { jobNamed } from './jobs.ts';

/** What is read before the jobs, to find out which periods are due. */
export interface Source {
  readonly name: string;
  /** `all`: with each run; `day`: with the first run of a business day. */
  readonly period: 'all' | 'day';
  readonly run: (
    connection: Connection,
    begun: BegunPeriod,
    context: AnalysisContext,
  ) => Promise<SourceOutcome>;
}

interface SourceOutcome {
  readonly rows: number;
  /** ISO text. */
  readonly inputWatermark: string;
}

/** Points are written later than their `write_log` says, and clocks differ. */
const OVERLAP_MS = 3_600_000;

const daysWritten = defineFlux('queries/days-written.flux', { bucket: 'string', from: 'time' });
const firstPoint = defineFlux('queries/first-point.flux', { bucket: 'string' });

const Written = z.object({ measurement: z.string(), day: z.iso.date(), _time: z.string() });
const First = z.object({ _time: z.string() });
const Watermark = z.object({ at: z.string() });
const KnownDays = z.object({ fromDay: z.string().nullable(), toDay: z.string().nullable() });
const Days = z.object({ day: z.string(), tomorrow: z.string() });

/** The jobs that read a measurement, by its name. The session of a day goes on into the days after it. */
const READERS: Readonly<Record<string, { readonly job: string; readonly untilNow: boolean }>> = {
  photograph: { job: 'charging-session', untilNow: true },
  connection: { job: 'box-connection', untilNow: false },
  gap: { job: 'unobserved-time', untilNow: false },
  consumption: { job: 'downsampled-hours', untilNow: false },
  meter: { job: 'downsampled-hours', untilNow: false },
};

export const SOURCES: readonly Source[] = [
  { name: 'eboost-mirror', period: 'all', run: mirror },
  { name: 'eboost-comparison', period: 'day', run: compare },
  { name: 'telemetry', period: 'all', run: lookForPoints },
];

async function mirror(
  connection: Connection,
  _begun: BegunPeriod,
  { eboost, timeZone, signal }: AnalysisContext,
): Promise<SourceOutcome> {
  await lockMirror(connection);
  const changes = await mirrorEboost(eboost, connection, timeZone, signal);
  await requestChanged(connection, changes);
  const { rows } = await connection.query(
    `SELECT to_json(coalesce((SELECT max(updated_at) FROM eboost_transaction WHERE updated_at <= now()), '2000-01-01')) #>> '{}' AS at`,
  );
  return { rows: changes.transactions, inputWatermark: Watermark.parse(rows[0]).at };
}

async function compare(
  connection: Connection,
  _begun: BegunPeriod,
  context: AnalysisContext,
): Promise<SourceOutcome> {
  const { eboost, timeZone, signal } = context;
  await lockMirror(connection);
  const changes = noChanges();
  const { found, gone } = await compareMirror(eboost, connection, timeZone, signal, changes);
  await mirrorMasterData(eboost, connection, timeZone, signal, changes);
  await requestChanged(connection, changes);
  return { rows: found + gone, inputWatermark: nowOf(context) };
}

async function requestChanged(connection: Connection, changes: Changes): Promise<void> {
  await requestDays(connection, jobNamed('judged-transaction'), changes.transactionDays);
  const [newBoxes] = [...changes.newBoxDays].sort();
  if (newBoxes === undefined) return;
  // A box has a row in each month from when it was set up, as far as there are rows at all.
  const { rows } = await connection.query(
    `SELECT greatest(min(from_day), $1::date)::text AS "fromDay", max(to_day)::text AS "toDay"
       FROM job_run WHERE job = 'charging-box-analysis'`,
    [newBoxes],
  );
  const { fromDay, toDay } = KnownDays.parse(rows[0]);
  if (fromDay !== null && toDay !== null && fromDay < toDay)
    await requestSpan(connection, jobNamed('charging-box-analysis'), { fromDay, toDay });
}

/** Finds the days that got points since the last look; at the first, all since the first point. */
async function lookForPoints(
  connection: Connection,
  { inputWatermark }: BegunPeriod,
  context: AnalysisContext,
): Promise<SourceOutcome> {
  const { queryFlux, historyBucket: bucket, timeZone, nowMs, signal } = context;
  const isFirst = inputWatermark === null;
  if (isFirst) {
    const [first] = await collectRows(queryFlux(firstPoint({ bucket }), First, signal));
    if (first !== undefined) {
      const { day, tomorrow } = await businessDays(connection, first._time, nowMs, timeZone);
      for (const job of ['unobserved-time', 'box-connection', 'charging-session'])
        if (day < tomorrow) await requestSpan(connection, jobNamed(job), { fromDay: day, toDay: tomorrow });
    }
  }
  const from = isFirst ? 0 : Math.max(0, Date.parse(inputWatermark) - OVERLAP_MS);
  const written = await collectRows(queryFlux(daysWritten({ bucket, from }), Written, signal));
  let latestMs = isFirst ? 0 : Date.parse(inputWatermark);
  for (const { measurement, day, _time } of written) {
    latestMs = Math.max(latestMs, Date.parse(_time));
    const reader = READERS[measurement];
    if (reader === undefined) continue;
    const begins = await businessDays(connection, `${day}T00:00:00Z`, nowMs, timeZone);
    const ends = await businessDays(connection, `${day}T23:59:59.999Z`, nowMs, timeZone);
    const toDay = reader.untilNow ? ends.tomorrow : nextDay(ends.day);
    if (begins.day < toDay)
      await requestSpan(connection, jobNamed(reader.job), { fromDay: begins.day, toDay });
  }
  return { rows: written.length, inputWatermark: new Date(latestMs).toISOString() };
}

/** The business day of an instant, and the one after that of the run. */
async function businessDays(
  connection: Connection,
  at: string,
  nowMs: number,
  timeZone: string,
): Promise<z.output<typeof Days>> {
  const { rows } = await connection.query(
    `SELECT ($1::timestamptz AT TIME ZONE $3)::date::text AS day,
            ((to_timestamp($2::double precision / 1000) AT TIME ZONE $3)::date + 1)::text AS tomorrow`,
    [at, nowMs, timeZone],
  );
  return Days.parse(rows[0]);
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
