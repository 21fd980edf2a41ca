import { z } from 'zod';
import { EvidaError, messageOf } from '../../errors.ts';
import type { QueryFlux } from '../../influx/query.ts';
import { type Database, inTransaction } from '../../postgres/database.ts';
import { type DaySpan, requestOnce, requestOpen, runPeriod } from '../../postgres/job-ledger.ts';
import { type AnalysisContext, nowOf, type ReportStore } from './context.ts';
import { DEFAULT_DEFINITIONS, type Definitions, settingsOf } from './definitions.ts';
import { type AnalysisJob, JOBS } from './jobs.ts';
import { force, runDue, type Step } from './run-due.ts';
import { noteSettings } from './settings.ts';
import { SOURCES } from './sources.ts';

/** Before Eboost, nothing was billed. */
const FIRST_DAY = '2015-01-01';

export interface AnalysisSources {
  readonly database: Database;
  readonly eboost: Database;
  readonly queryFlux: QueryFlux;
  readonly historyBucket: string;
  /** If absent, hours are left to the tasks in InfluxDB. */
  readonly telemetryBucket?: string;
  /** If absent, reports of closed months are not kept. */
  readonly reports?: ReportStore;
  readonly timeZone: string;
  /** The numbers of the definitions; the defaults of the environment if absent. */
  readonly definitions?: Definitions;
  /** ms UTC: what is later is not in the tables. */
  readonly now: () => number;
  /** Ends the analysis; the period that is under way stays as it was. */
  readonly signal: AbortSignal;
}

/** What of it is done; everything that is due if absent. */
export interface AnalysisSelection {
  /** Only this job, and nothing is read from Eboost. */
  readonly job?: string;
  /** Only periods that have a day of it. */
  readonly days?: Partial<DaySpan>;
  /** These days are done even if they are not due. */
  readonly force?: boolean;
  readonly onStep?: (step: Step) => void;
}

export interface AnalysisResult {
  /** Transactions that were new or had changed at Eboost, or were gone. */
  readonly mirrored: number;
  /** Periods that were done. */
  readonly periods: number;
  /** Rows that these periods hold, of all tables. */
  readonly rows: number;
}

const Day = z.object({ tomorrow: z.string() });

/**
 * Brings the analytic tables up to what Eboost billed and the boxes metered: reads what is new, and does every period that is
 * due by the ledger. Several processes may do so at once; none does what another does.
 * @throws EvidaError ANALYSIS_FAILED if any period failed, after all others were done; what made it fail, if that is an
 *   EvidaError; ANALYSIS_JOB; POSTGRES_UNAVAILABLE
 */
export async function runAnalysis(
  sources: AnalysisSources,
  selection: AnalysisSelection = {},
): Promise<AnalysisResult> {
  const context = contextOf(sources);
  const jobs = selection.job === undefined ? JOBS : JOBS.filter(({ name }) => name === selection.job);
  if (jobs.length === 0) throw unknownJob(selection.job ?? '');
  const steps: Step[] = [];
  const tell = (step: Step): void => {
    steps.push(step);
    selection.onStep?.(step);
  };
  await prepare(jobs, context);
  if (selection.job === undefined) for (const step of await runSources(context)) tell(step);
  const mirrored = rowsOf(steps.filter(({ job }) => job.startsWith('eboost-')));
  const days = await daysOf(context, selection);
  if (selection.force) await force(jobs, days, context);
  const within = selection.days === undefined ? undefined : days;
  const before = steps.length;
  for await (const step of runDue(jobs, context, within)) tell(step);
  refuseFailed(steps);
  const done = steps.slice(before).filter(({ kind }) => kind === 'done');
  return { mirrored, periods: done.length, rows: rowsOf(done) };
}

function contextOf(sources: AnalysisSources): AnalysisContext {
  const { telemetryBucket, reports, definitions = DEFAULT_DEFINITIONS, now, timeZone, ...shared } = sources;
  const settings = { ...settingsOf(definitions), time_zone: timeZone };
  return { ...shared, telemetryBucket, reports, timeZone, settings, nowMs: now() };
}

/** Of jobs that are not done now, what time alone has changed is left to their next run: nothing waits for it. */
async function prepare(jobs: readonly AnalysisJob[], context: AnalysisContext): Promise<void> {
  const { database, settings, timeZone } = context;
  await inTransaction(database, async (connection) => {
    await noteSettings(
      connection,
      settings,
      JOBS.map(({ name }) => name),
    );
    for (const job of jobs) await requestOpen(connection, job, timeZone, nowOf(context));
  });
}

/** Reads what is new. A source that fails does not keep the jobs from what is known already. */
async function runSources(context: AnalysisContext): Promise<Step[]> {
  const { database, signal } = context;
  const { tomorrow } = await today(context);
  const steps: Step[] = [];
  for (const { name, period: kind, run } of SOURCES) {
    const day = new Date(Date.parse(tomorrow) - 86_400_000).toISOString().slice(0, 10);
    const [period, span] =
      kind === 'all'
        ? ['all', { fromDay: FIRST_DAY, toDay: 'infinity' }]
        : [day, { fromDay: day, toDay: tomorrow }];
    if (kind === 'day' && (await isDone(database, name, period))) continue;
    await inTransaction(database, (connection) => requestOnce(connection, name, period, span));
    const startedAt = performance.now();
    const outcome = await runPeriod(database, {
      job: name,
      period,
      signal,
      work: (connection, begun) => run(connection, begun, context),
    });
    const durationMs = Math.round(performance.now() - startedAt);
    if (outcome.kind === 'done')
      steps.push({ kind: 'done', job: name, period, rows: outcome.rows, durationMs });
    if (outcome.kind === 'failed') steps.push({ kind: 'failed', job: name, period, error: outcome.error });
  }
  return steps;
}

async function isDone(database: Database, job: string, period: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `SELECT FROM job_run WHERE job = $1 AND period = $2 AND state = 'done'`,
    [job, period],
  );
  return rowCount === 1;
}

/** The days that were asked for; from the first that the ledger knows to that of the run, if none were. */
async function daysOf(context: AnalysisContext, { days }: AnalysisSelection): Promise<DaySpan> {
  const { rows } = await context.database.query(
    'SELECT coalesce(min(from_day), $1::date)::text AS day FROM job_run WHERE job = ANY ($2)',
    [FIRST_DAY, JOBS.map(({ name }) => name)],
  );
  const { tomorrow } = await today(context);
  return { fromDay: days?.fromDay ?? String(rows[0]?.day), toDay: days?.toDay ?? tomorrow };
}

async function today(context: AnalysisContext): Promise<z.output<typeof Day>> {
  const { rows } = await context.database.query(
    `SELECT (($1::timestamptz AT TIME ZONE $2)::date + 1)::text AS tomorrow`,
    [nowOf(context), context.timeZone],
  );
  return Day.parse(rows[0]);
}

function rowsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.kind === 'done' ? step.rows : 0), 0);
}

function refuseFailed(steps: readonly Step[]): void {
  const failed = steps.filter((step) => step.kind === 'failed');
  const [first] = failed;
  if (first === undefined) return;
  if (first.error instanceof EvidaError) throw first.error;
  const more = failed.length === 1 ? '' : `, and ${failed.length - 1} more failed`;
  throw new EvidaError('ANALYSIS_FAILED', {
    operation: `analysing ${first.job} ${first.period}`,
    problem: `${messageOf(first.error)}${more}`,
    cause: first.error,
    hint: 'It is tried again with the next run; evida jobs shows what is due.',
  });
}

function unknownJob(name: string): EvidaError {
  return new EvidaError('ANALYSIS_JOB', {
    operation: `looking for job ${name}`,
    problem: `there is none of this name, but ${JOBS.map((job) => job.name).join(', ')}`,
  });
}
