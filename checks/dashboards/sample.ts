import { type Dashboard, parseDashboard } from '../../src/grafana/dashboard.ts';

export const FLUX_TARGET = {
  refId: 'metered',
  datasource: { type: 'influxdb', uid: 'evida-influxdb' },
  query: 'from(bucket: "${history_bucket}") |> filter(fn: (r) => r.box == ${box:doublequote})',
};
export const SQL_TARGET = {
  refId: 'billed',
  datasource: { type: 'grafana-postgresql-datasource', uid: 'evida-postgres' },
  rawSql: 'SELECT day, kwh FROM energy_by_day WHERE box::text = ${box:sqlstring}',
  format: 'table',
};

/** A panel that breaks no rule. */
export const PANEL = {
  id: 1,
  type: 'table',
  title: 'Energy',
  description: 'Metered beside billed.',
  datasource: { type: 'datasource', uid: '-- Mixed --' },
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  targets: [FLUX_TARGET, SQL_TARGET],
  fieldConfig: {
    defaults: { unit: 'kwatth', noValue: 'No energy' },
    overrides: [] as {
      matcher: { id: string; options: unknown };
      properties: { id: string; value: unknown }[];
    }[],
  },
};

export const BOX_VARIABLE = {
  type: 'query',
  name: 'box',
  label: 'Box',
  description: 'One box',
  datasource: SQL_TARGET.datasource,
  query: 'SELECT box FROM box_place',
  refresh: 2,
};
const BUCKET_VARIABLE = {
  type: 'constant',
  name: 'history_bucket',
  description: 'The bucket of photographs',
  hide: 2,
  query: 'history',
};

/** A dashboard that breaks no rule, but for what is changed in it. */
export function sampleDashboard(changes: Readonly<Record<string, unknown>> = {}): Dashboard {
  const json = {
    uid: 'evida-sample',
    title: 'Sample',
    description: 'For the tests of the rules.',
    tags: ['evida'],
    schemaVersion: 42,
    editable: false,
    time: { from: 'now-7d', to: 'now' },
    templating: { list: [BOX_VARIABLE, BUCKET_VARIABLE] },
    panels: [PANEL],
    ...changes,
  };
  return parseDashboard(JSON.stringify(json), 'grafana/dashboards/sample.json');
}

/** The same with one panel, changed. */
export function withPanel(changes: Readonly<Record<string, unknown>>): Dashboard {
  return sampleDashboard({ panels: [{ ...PANEL, ...changes }] });
}
