import { InvalidArgumentError, Option } from 'commander';
import { createLog } from '../log.ts';
import { openAnalysis } from '../services/open-analysis.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions, positiveInteger } from './verb.ts';

interface ReportOptions extends EnvironmentOptions {
  readonly month: string;
  readonly box?: number;
  readonly district?: string;
  readonly format: 'csv' | 'json' | 'html';
}

export const reportCommand = createConfiguredVerb('report', {
  summary: 'show a month in numbers',
  description: `Prints a month from the analytic tables: totals beside the month before, days, hours, boxes, billed against metered
energy, and, for the whole fleet, customers. As HTML it is one page with charts that needs nothing else, and prints well;
as CSV, a line a box; as JSON, everything.

When a month is over, its report is also written to the blob container BACKUP_CONTAINER, under reports/.`,
  examples: [
    ['evida report --month 2026-10 --format html > october.html', 'a page to read or print'],
    [
      'evida report --month 2026-10 --district "District 1" --format csv',
      'the boxes of a district, for a spreadsheet',
    ],
    ['evida report --month 2026-10 --box 12', 'one box, as JSON'],
  ],
  exitCodes: [[69, 'Postgres is away']],
})
  .requiredOption('--month <month>', 'the month, such as 2026-10', month)
  .addOption(new Option('--box <number>', 'only this box').argParser(positiveInteger).conflicts('district'))
  .option('--district <name>', 'only the boxes of this district')
  .addOption(
    new Option('--format <format>', 'how it is printed').choices(['csv', 'json', 'html']).default('json'),
  )
  .action(printReport);

async function printReport({ month, box, district, format, ...options }: ReportOptions): Promise<void> {
  const config = configOf(options);
  const analysis = openAnalysis(config, createLog(config));
  try {
    await analysis.prepare();
    const scope = { ...(box !== undefined && { box }), ...(district !== undefined && { district }) };
    process.stdout.write(await analysis.report(month, scope, format));
  } finally {
    await analysis.close();
  }
}

function month(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a month such as 2026-10.');
}
