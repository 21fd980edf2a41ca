import { inTransaction } from '../../postgres/database.ts';
import {
  type BegunPeriod,
  type DaySpan,
  type JobPeriod,
  listPeriods,
  requestSpan,
  runPeriod,
} from '../../postgres/job-ledger.ts';
import { refreshStatistics } from '../../postgres/planner-statistics.ts';
import { type AnalysisContext, type JobOutcome, nowOf } from './context.ts';
import { type AnalysisJob, causedDays, jobNamed } from './jobs.ts';

/** A period that was done, or failed, or waits for another one. */
export type Step =
  | {
      readonly kind: 'done';
      readonly job: string;
      readonly period: string;
      readonly rows: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'failed'; readonly job: string; readonly period: string; readonly error: unknown }
  | { readonly kind: 'waits'; readonly job: string; readonly period: string; readonly for: string };

/** A period that others make due again and again meanwhile is left to the next run. */
const MOST_TIMES = 5;

/**
 * Does the periods of these jobs that are due, each in a transaction of its own: job by job, and each job's in the order of
 * time. A failed one is left to the next run, and so is what depends on it.
 * @param jobs in an order in which each comes after what it depends on
 * @param within only periods that have a day of it
 * @throws EvidaError POSTGRES_UNAVAILABLE; the signal's reason
 */
export async function* runDue(
  jobs: readonly AnalysisJob[],
  context: AnalysisContext,
  within: DaySpan | undefined,
): AsyncGenerator<Step> {
  for (const job of jobs) {
    const times = new Map<string, number>();
    for (;;) {
      const due = (await listPeriods(context.database, job.name)).filter(
        (period) =>
          (within === undefined || overlap(period, within)) && (times.get(period.period) ?? 0) < MOST_TIMES,
      );
      const next = due[0];
      if (next === undefined) break;
      times.set(next.period, (times.get(next.period) ?? 0) + 1);
      await refreshStatistics(context.database);
      const step = await runOne(job, next, context);
      if (step === undefined) continue;
      // What did not end well is not tried again in this run.
      if (step.kind !== 'done') times.set(next.period, MOST_TIMES);
      yield step;
    }
  }
}

async function runOne(job: AnalysisJob, due: JobPeriod, context: AnalysisContext): Promise<Step | undefined> {
  const { period } = due;
  const awaited = await findAwaited(job, due, context);
  if (awaited !== undefined) return { kind: 'waits', job: job.name, period, for: awaited };
  const startedAt = performance.now();
  const outcome = await runPeriod(context.database, {
    job: job.name,
    period,
    ...(job.inOrder && { lock: job.name }),
    signal: context.signal,
    work: async (connection, begun) => {
      const { rows, changed } = await job.run(connection, daysOf(job, begun), context);
      await requestCaused(
        job,
        changed,
        (name, days) => requestSpan(connection, jobNamed(name), days),
        context,
      );
      return { rows, inputWatermark: nowOf(context) };
    },
  });
  switch (outcome.kind) {
    case 'done':
      return {
        kind: 'done',
        job: job.name,
        period,
        rows: outcome.rows,
        durationMs: Math.round(performance.now() - startedAt),
      };
    case 'failed':
      return { kind: 'failed', job: job.name, period, error: outcome.error };
    case 'not due':
      return undefined;
  }
}

function daysOf(job: AnalysisJob, { fromDay, toDay, due }: BegunPeriod): DaySpan {
  return job.does === 'due days' ? due : { fromDay, toDay };
}

async function requestCaused(
  job: AnalysisJob,
  changed: JobOutcome['changed'],
  request: (job: string, days: DaySpan) => Promise<void>,
  context: AnalysisContext,
): Promise<void> {
  if (changed === undefined) return;
  const tomorrow = await tomorrowOf(context);
  for (const cause of job.causes) {
    const days = causedDays(cause, changed, tomorrow);
    if (days !== undefined) await request(cause.job, days);
  }
}

/** The business day after that of the run. */
async function tomorrowOf(context: AnalysisContext): Promise<string> {
  const { rows } = await context.database.query(
    `SELECT (($1::timestamptz AT TIME ZONE $2)::date + 1)::text AS day`,
    [nowOf(context), context.timeZone],
  );
  return String(rows[0]?.day);
}

/** A period that must be done before, as `charging-session 2026-10`. */
async function findAwaited(
  job: AnalysisJob,
  due: JobPeriod,
  { database }: AnalysisContext,
): Promise<string | undefined> {
  const { name, inOrder } = job;
  const after = inOrder ? [...job.after, { job: name, periods: 'earlier' as const }] : job.after;
  for (const { job: other, periods } of after) {
    const blocking = (await listPeriods(database, other)).find(({ period, fromDay, toDay }) => {
      if (other === name) return period !== due.period && fromDay < due.fromDay;
      return periods === 'earlier' ? fromDay < due.toDay : overlap({ fromDay, toDay }, due);
    });
    if (blocking !== undefined) return `${blocking.job} ${blocking.period}`;
  }
  return undefined;
}

function overlap(one: DaySpan, other: DaySpan): boolean {
  return one.fromDay < other.toDay && other.fromDay < one.toDay;
}

/** Makes the days of a span due for some jobs, in one transaction. */
export async function force(
  jobs: readonly AnalysisJob[],
  days: DaySpan,
  context: AnalysisContext,
): Promise<void> {
  await inTransaction(context.database, async (connection) => {
    for (const job of jobs) await requestSpan(connection, job, days);
  });
}
