import { createLog } from '../log.ts';
import { type JobPeriod, openAnalysis } from '../services/open-analysis.ts';
import { inColumns } from './in-columns.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions } from './verb.ts';

interface JobsOptions extends EnvironmentOptions {
  readonly all: boolean;
  readonly json: boolean;
}

export const jobsCommand = createConfiguredVerb('jobs', {
  summary: 'show what analysis, backups and rehearsals have done, and what is due',
  description: `Shows the ledger: each job of the analysis, the backup and its rehearsal with their last run, and the periods that are due
now, that failed, or that were interrupted.

What is due of the analysis is done by its next run, by ANALYSIS_SCHEDULE or by evida analyze. A backup or rehearsal that
failed or was missed is made up within ten minutes of running, or by evida backup run and evida backup rehearse.`,
  examples: [
    ['evida jobs', 'what is due, and why what failed did'],
    ['evida jobs --all', 'every period of every job'],
    ['evida jobs --json', 'the same as JSON, for scripts'],
  ],
  exitCodes: [
    [1, 'a period has failed'],
    [69, 'Postgres is away'],
  ],
})
  .option('--all', 'also periods that are done', false)
  .option('--json', 'print every period as one JSON array', false)
  .action(showJobs);

async function showJobs(options: JobsOptions): Promise<void> {
  const config = configOf(options);
  const analysis = openAnalysis(config, createLog(config));
  try {
    await analysis.prepare();
    const periods = await analysis.ledger();
    if (options.json) process.stdout.write(`${JSON.stringify(periods)}\n`);
    else process.stdout.write(`${ledgerInWords(periods, options.all)}\n`);
    if (periods.some(({ state }) => state === 'failed')) process.exitCode = 1;
  } finally {
    await analysis.close();
  }
}

function ledgerInWords(periods: readonly JobPeriod[], all: boolean): string {
  if (periods.length === 0) return 'Nothing has run yet.';
  const summary = [...groupByJob(periods)].map(([job, own]) => {
    const last = own
      .map(({ finishedAt }) => finishedAt ?? '')
      .sort()
      .at(-1);
    const open = own.filter(({ state }) => state !== 'done');
    const due = open.length === 0 ? '' : `${open.length} due, from ${open[0]?.period}`;
    return [job, `${own.length - open.length} done`, last ? `last ${shownTime(last)}` : 'never', due];
  });
  const shown = all ? periods : periods.filter(({ state }) => state !== 'done');
  const rows = shown.map((period) => [
    period.job,
    period.period,
    stateInWords(period),
    period.rows === null ? '' : String(period.rows),
    period.finishedAt === null ? '' : shownTime(period.finishedAt),
    period.error ?? '',
  ]);
  const details =
    rows.length === 0
      ? 'Nothing is due.'
      : inColumns([['job', 'period', 'state', 'rows', 'last run', 'error'], ...rows]);
  return `${inColumns(summary)}\n\n${details}`;
}

function groupByJob(periods: readonly JobPeriod[]): Map<string, JobPeriod[]> {
  const groups = new Map<string, JobPeriod[]>();
  for (const period of periods) {
    const own = groups.get(period.job);
    if (own === undefined) groups.set(period.job, [period]);
    else own.push(period);
  }
  return groups;
}

function stateInWords({ state, isHeld, attempts, dueFrom, dueTo }: JobPeriod): string {
  if (state === 'done') return 'done';
  if (state === 'running') return isHeld ? 'running' : 'interrupted';
  const tries = attempts === 0 ? '' : ` ${attempts} times`;
  const days =
    dueFrom === null || dueTo === null || dueTo.length > 10 ? '' : `, days ${dueFrom} to before ${dueTo}`;
  return state === 'failed' ? `failed${tries}${days}` : `due${days}`;
}

function shownTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
