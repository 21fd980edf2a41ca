import { EvidaError } from '../errors.ts';
import { type Dashboard, readDashboards } from '../grafana/dashboard.ts';
import { openDataSources } from '../grafana/data-sources.ts';
import { findPanels, type PanelPlace, panelsOf } from '../grafana/find-panels.ts';
import { type GivenValues, resolveVariables } from '../grafana/resolve-variables.ts';
import { DEFAULT_POINTS, runPanel } from '../grafana/run-panel.ts';
import { parseTimeRange } from '../grafana/time-range.ts';
import { createLog } from '../log.ts';
import { framesAsJson, framesInWords } from './frames-in-words.ts';
import { inColumns } from './in-columns.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions, givenVariable } from './verb.ts';

interface PanelOptions extends EnvironmentOptions {
  readonly dashboard?: string;
  readonly from?: string;
  readonly to?: string;
  readonly var?: GivenValues;
  readonly json: boolean;
}

export const panelCommand = createConfiguredVerb('panel', {
  summary: 'show what a panel of the dashboards shows, as a table',
  description: `Asks the questions of a Grafana panel, brings their answers together as Grafana does, and prints what the panel shows
as a table: for a look without a browser, and to see what a panel is made of. Without a title, it lists the panels.

A part of a title will do. The time range and the variables are those with which the dashboard opens, unless told otherwise.
It asks with the rights of a reader, where INFLUX_READER_TOKEN and DATABASE_READER_URL are given. Times are those of TIME_ZONE.`,
  examples: [
    ['evida panel', 'the dashboards and their panels'],
    ['evida panel "metered and billed energy by day" --from now-7d', 'a week of it'],
    ['evida panel Current --dashboard evida-box --var box=12 --var outlet=3', 'one outlet'],
    [
      'evida panel "Boxes now and today" --var "district=District 1" --var "district=District 3" --json',
      'two districts, as JSON',
    ],
  ],
  exitCodes: [
    [1, 'a server refuses a question'],
    [65, 'the dashboard holds something that Evida does not follow'],
    [69, 'a server is away'],
  ],
})
  .argument('[title]', 'the panel')
  .option('--dashboard <uid>', 'only panels of this dashboard')
  .option('--from <time>', 'where the time range begins, such as now-7d or 2026-10-01T00:00:00Z')
  .option('--to <time>', 'where it ends')
  .option('--var <name=value>', 'what a variable is; again for several values, $__all for all', givenVariable)
  .option('--json', 'print it as one JSON object', false)
  .action(showPanel);

async function showPanel(title: string | undefined, options: PanelOptions): Promise<void> {
  const places = panelsOf(dashboardsOf(options));
  if (title === undefined) {
    process.stdout.write(`${options.json ? JSON.stringify(places.map(listed)) : listInWords(places)}\n`);
    return;
  }
  const { dashboard, panel } = onlyPanel(findPanels(places, title), title);
  const range = parseTimeRange(
    { from: options.from ?? dashboard.time.from, to: options.to ?? dashboard.time.to },
    Date.now(),
  );
  const config = configOf(options);
  const sources = openDataSources(config, createLog(config));
  try {
    const context = { range, maxDataPoints: DEFAULT_POINTS };
    const { values } = await resolveVariables(dashboard, options.var ?? new Map(), context, sources);
    const frames = await runPanel(panel, { ...context, variables: values }, sources);
    const text = options.json
      ? JSON.stringify({
          dashboard: dashboard.uid,
          panel: panel.title,
          from: new Date(range.fromMs).toISOString(),
          to: new Date(range.toMs).toISOString(),
          variables: Object.fromEntries([...values].map(([name, { value }]) => [name, value])),
          frames: framesAsJson(frames),
        })
      : framesInWords(frames, config.TIME_ZONE, panel.fieldConfig.defaults.noValue);
    process.stdout.write(`${text}\n`);
  } finally {
    await sources.close();
  }
}

function dashboardsOf({ dashboard: uid }: PanelOptions): Dashboard[] {
  const dashboards = readDashboards();
  if (uid === undefined) return dashboards;
  const wanted = dashboards.filter((dashboard) => dashboard.uid === uid);
  if (wanted.length > 0) return wanted;
  throw new EvidaError('PANEL_UNKNOWN', {
    operation: 'looking for the panel',
    problem: `there is no dashboard ${uid}`,
    hint: `There are: ${dashboards.map((dashboard) => dashboard.uid).join(', ')}.`,
  });
}

function onlyPanel(found: readonly PanelPlace[], title: string): PanelPlace {
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw new EvidaError('PANEL_UNKNOWN', {
    operation: `looking for the panel "${title}"`,
    problem:
      first === undefined
        ? 'there is none whose title contains that'
        : `there are ${found.length}:\n${listInWords(found).replace(/^/gm, '  ')}`,
    hint:
      first === undefined ? 'evida panel lists them.' : 'Write more of its title, or name its --dashboard.',
  });
}

function listed({ dashboard, panel }: PanelPlace) {
  return {
    dashboard: dashboard.uid,
    panel: panel.title,
    type: panel.type,
    sources: sourcesInWords(panel.targets),
    description: panel.description,
  };
}

function listInWords(places: readonly PanelPlace[]): string {
  return inColumns(
    places.map(({ dashboard, panel }) => [dashboard.uid, panel.title, sourcesInWords(panel.targets)]),
  );
}

function sourcesInWords(targets: readonly { readonly language: 'flux' | 'sql' }[]): string {
  const names = { flux: 'InfluxDB', sql: 'Postgres' } as const;
  return [...new Set(targets.map(({ language }) => names[language]))].join(' and ');
}
