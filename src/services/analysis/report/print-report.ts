import type { Database } from '../../../postgres/database.ts';
import { type ReportScope, readMonthReport } from './month-report.ts';
import { reportCsv } from './report-csv.ts';

/** A month, as 2026-10, as a text of this format. */
export async function printReport(
  database: Database,
  month: string,
  scope: ReportScope,
  format: 'csv' | 'json' | 'html',
): Promise<string> {
  const report = await readMonthReport(database, month, scope);
  switch (format) {
    case 'csv':
      return reportCsv(report);
    case 'json':
      return `${JSON.stringify(report)}\n`;
    case 'html':
      // Charts are loaded only where they are drawn.
      return (await import('./report-html.ts')).reportHtml(report);
  }
}
