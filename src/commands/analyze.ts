import { InvalidArgumentError } from 'commander';
import { messageOf } from '../errors.ts';
import { keepHeapSmall } from '../heap.ts';
import { createLog } from '../log.ts';
import type { AnalysisSelection } from '../services/analysis/run-analysis.ts';
import { Job, jobRunInWords } from '../services/job.ts';
import { type Analysis, openAnalysis } from '../services/open-analysis.ts';
import { inColumns } from './in-columns.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions } from './verb.ts';

interface AnalyzeOptions extends EnvironmentOptions {
  readonly job?: string;
  readonly from?: string;
  readonly to?: string;
  readonly force: boolean;
  readonly problems: boolean;
  readonly checksums: boolean;
  readonly json: boolean;
}

export const analyzeCommand = createConfiguredVerb('analyze', {
  summary: 'run the analysis once, now',
  description: `Brings the analytic tables up to what Eboost has billed and the boxes have metered.

It does what runs hourly by ANALYSIS_SCHEDULE: reads what is new, and does every period that is due (evida jobs shows
them), each in a transaction of its own. A period that another process does is waited for. Running it again changes
nothing; with --force, periods are done again that are not due.`,
  examples: [
    ['evida analyze --json', 'the result as one JSON object'],
    ['evida analyze --from 2026-10-01 --to 2026-10-31 --force', 'all tables of a month again'],
    ['evida analyze --job customer-month --force', 'one table again, from its first month on'],
    ['evida analyze --problems', 'transactions that bad data keeps from the tables'],
  ],
  exitCodes: [
    [1, 'a period failed; its tables are as they were, and all others are done'],
    [69, 'a server is away; it is not waited for'],
  ],
})
  .option('--job <name>', 'only this job, without reading what is new')
  .option('--from <day>', 'only periods with this business day or later ones', businessDay)
  .option('--to <day>', 'only periods with this business day or earlier ones', businessDay)
  .option('--force', 'also what is not due', false)
  .option('--problems', 'list what bad data keeps from the tables, and run nothing', false)
  .option('--checksums', 'print rows and a checksum of each table at the end', false)
  .option('--json', 'print the result as one JSON object', false)
  .action(analyze);

async function analyze(options: AnalyzeOptions): Promise<void> {
  keepHeapSmall();
  const config = configOf(options);
  const log = createLog(config);
  const analysis = openAnalysis(config, log);
  try {
    await analysis.prepare();
    if (options.problems) await printProblems(analysis, options.json);
    else
      await run(
        new Job('analysis', (signal) => analysis.run(selectionOf(options), signal), log),
        analysis,
        options,
      );
  } finally {
    await analysis.close();
  }
}

async function run(job: Job, analysis: Analysis, options: AnalyzeOptions): Promise<void> {
  const run = await job.run();
  const tables = options.checksums ? await analysis.checksums() : undefined;
  if (options.json) process.stdout.write(`${JSON.stringify({ ...run, ...(tables && { tables }) })}\n`);
  else {
    process.stdout.write(`${jobRunInWords(run)}\n`);
    for (const [table, { rows, checksum }] of Object.entries(tables ?? {}))
      process.stdout.write(`${table.padEnd(24)}${String(rows).padStart(9)} rows  ${checksum}\n`);
  }
  process.exitCode = run.exitCode;
}

/** With its progress, for people, on standard output; with --json, on standard error. */
function selectionOf({ job, from, to, force, json }: AnalyzeOptions): AnalysisSelection {
  const out = json ? process.stderr : process.stdout;
  const hasDays = from !== undefined || to !== undefined;
  return {
    ...(job !== undefined && { job }),
    ...(hasDays && {
      days: {
        ...(from !== undefined && { fromDay: from }),
        ...(to !== undefined && { toDay: dayAfter(to) }),
      },
    }),
    force,
    onStep: (step) => {
      const what = `${step.job} ${step.period}`.padEnd(32);
      if (step.kind === 'done')
        out.write(
          `${what}${String(step.rows).padStart(9)} rows in ${(step.durationMs / 1000).toFixed(1)} s\n`,
        );
      else if (step.kind === 'failed') out.write(`${what}  failed: ${messageOf(step.error)}\n`);
      else out.write(`${what}  waits for ${step.for}\n`);
    },
  };
}

async function printProblems(analysis: Analysis, json: boolean): Promise<void> {
  const problems = await analysis.problems();
  if (json) process.stdout.write(`${JSON.stringify(problems)}\n`);
  else if (problems.length === 0)
    process.stdout.write('No transaction is kept from the tables by bad data.\n');
  else {
    const rows = problems.map(({ transactionId, day, box, outlet, customer, kwh, revenue, problem }) => [
      transactionId,
      day,
      box === null ? '' : `${box}/${outlet ?? '?'}`,
      customer,
      kwh,
      revenue,
      problem,
    ]);
    process.stdout.write(
      `${inColumns([['transaction', 'day', 'outlet', 'customer', 'kWh', 'VND', 'problem'], ...rows])}\n`,
    );
  }
}

function businessDay(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  if (isDay && new Date(text).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('It must be a day such as 2026-10-31.');
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}
