import { inColumns } from '../../src/commands/in-columns.ts';
import type { DashboardReport } from './check-dashboards.ts';

/** What was asked, what is wrong, and how much of each. */
export function reportInWords({
  dashboards,
  panels,
  mixed,
  alerts,
  runs,
  findings,
}: DashboardReport): string {
  const asked = runs.map(({ dashboard, panel, queries, rows, ms }) => [
    dashboard,
    panel,
    String(queries),
    String(rows),
    String(ms),
  ]);
  const queries = runs.reduce((sum, run) => sum + run.queries, 0);
  const rows = runs.reduce((sum, run) => sum + run.rows, 0);
  const wrong = findings.map(({ place, rule, problem }) => `${place} (${rule}): ${problem}\n`);
  return `${inColumns([['dashboard', 'panel', 'queries', 'rows', 'ms'], ...asked])}

${wrong.join('')}${wrong.length === 0 ? '' : '\n'}dashboards: ${dashboards}, panels: ${panels} (${mixed} mixed), alert rules: ${alerts}, queries run: ${queries}, rows: ${rows}, findings: ${findings.length}
`;
}
