import { alertFiles } from './alerts/provisioning.ts';
import type { Dashboard } from './dashboard.ts';
import { boxAndOutlet } from './dashboards/box-and-outlet.ts';
import { customers } from './dashboards/customers.ts';
import { fleet } from './dashboards/fleet.ts';
import { operations } from './dashboards/operations.ts';
import { sessionsAndMoney } from './dashboards/sessions-and-money.ts';
import type { Settings } from './settings.ts';

const DASHBOARDS = [fleet, boxAndOutlet, sessionsAndMoney, customers, operations];

/** A file that Grafana is provisioned with, by its path in the project. */
interface GrafanaFile {
  readonly path: string;
  readonly content: string;
}

/** All that follows from grafana/src. */
export function grafanaFiles(settings: Settings): GrafanaFile[] {
  return [
    ...DASHBOARDS.map((make) => dashboardFile(make(settings))),
    ...Object.entries(alertFiles(settings)).map(([name, content]) => ({
      path: `grafana/provisioning/alerting/${name}`,
      content,
    })),
  ];
}

/** Named after the title: *Box and outlet* is box-and-outlet.json. */
function dashboardFile(dashboard: Dashboard): GrafanaFile {
  const name = dashboard.title.toLowerCase().replaceAll(' ', '-');
  return { path: `grafana/dashboards/${name}.json`, content: `${JSON.stringify(dashboard, null, 2)}\n` };
}
