import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../../src/config.ts';
import { readDashboards } from '../../src/grafana/dashboard.ts';
import { openDataSources } from '../../src/grafana/data-sources.ts';
import { createLog } from '../../src/log.ts';
import { projectFile } from '../../src/project-file.ts';
import { alertFindings, readAlertRules } from './alert-rules.ts';
import { staleExpectations, unexpected } from './exemptions.ts';
import type { Finding } from './finding.ts';
import { layoutFindings } from './layout-rules.ts';
import { linkFindings } from './link-rules.ts';
import { countMixed, panelFindings } from './panel-rules.ts';
import { type PlaceRun, QueryRunner } from './run-checks.ts';
import { variableFindings } from './variable-rules.ts';

export interface DashboardReport {
  readonly dashboards: number;
  /** That ask something. */
  readonly panels: number;
  /** Of them, those that ask both servers. */
  readonly mixed: number;
  readonly alerts: number;
  readonly runs: readonly PlaceRun[];
  readonly findings: readonly Finding[];
}

/**
 * Checks the dashboards and alert rules of grafana/ by the rules, and by running everything that they ask on the servers
 * that the environment names.
 * @throws EvidaError if a file cannot be read as Grafana would, or a server is away; the signal's reason
 */
export async function checkDashboards(config: Config, signal: AbortSignal): Promise<DashboardReport> {
  const dashboards = readDashboards();
  const rules = readAlertRules();
  const sources = openDataSources(config, createLog(config));
  const runner = new QueryRunner(sources, Date.now(), signal);
  try {
    for (const dashboard of dashboards) await runner.runDashboard(dashboard);
    for (const rule of rules) await runner.runAlert(rule);
  } finally {
    await sources.close();
  }
  const asking = dashboards.flatMap(({ panels }) => panels.filter(({ targets }) => targets.length > 0));
  return {
    dashboards: dashboards.length,
    panels: asking.length,
    mixed: countMixed(dashboards),
    alerts: rules.length,
    runs: runner.runs,
    findings: unexpected([
      ...layoutFindings(dashboards),
      ...panelFindings(dashboards),
      ...variableFindings(dashboards),
      ...linkFindings(dashboards),
      ...alertFindings(rules, handbookOfAlerts()),
      ...staleExpectations(runner.asked),
      ...runner.findings,
    ]),
  };
}

function handbookOfAlerts(): string | undefined {
  const path = projectFile('docs', 'handbook', 'alerts.md');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
