import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { EvidaError } from '../../src/errors.ts';
import type { Query } from '../../src/grafana/dashboard.ts';
import { referencesIn } from '../../src/grafana/interpolate.ts';
import { projectFile } from '../../src/project-file.ts';
import { type Finding, findings, repeated } from './finding.ts';

const EXPRESSION = '__expr__';
const SOURCE_TYPES: Readonly<Record<string, string>> = {
  'evida-influxdb': 'influxdb',
  'evida-postgres': 'grafana-postgresql-datasource',
};

const Rule = z.object({
  uid: z.string(),
  title: z.string(),
  condition: z.string(),
  for: z.string(),
  noDataState: z.string(),
  execErrState: z.string(),
  data: z.array(
    z.object({
      refId: z.string(),
      datasourceUid: z.string(),
      /** s before now */
      relativeTimeRange: z.object({ from: z.number(), to: z.number() }).default({ from: 600, to: 0 }),
      model: z.object({
        query: z.string().optional(),
        rawSql: z.string().optional(),
        format: z.string().optional(),
        type: z.string().optional(),
        expression: z.string().optional(),
      }),
    }),
  ),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});
const RuleFile = z.object({
  groups: z
    .array(z.object({ name: z.string(), folder: z.string(), interval: z.string(), rules: z.array(Rule) }))
    .default([]),
});

export type AlertRule = z.output<typeof Rule>;

/** A question of an alert rule, and the time that it is about. */
export interface AlertQuery {
  readonly query: Query;
  /** s before now */
  readonly relativeTimeRange: { readonly from: number; readonly to: number };
}

/** The rules of grafana/provisioning/alerting, as Grafana reads them. @throws EvidaError DASHBOARD_INVALID */
export function readAlertRules(directory = projectFile('grafana', 'provisioning', 'alerting')): AlertRule[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /\.ya?ml$/.test(name))
    .flatMap((name) => parseAlertRules(readFileSync(`${directory}/${name}`, 'utf8'), name));
}

/** @param name of the file, for the error @throws EvidaError DASHBOARD_INVALID */
export function parseAlertRules(text: string, name: string): AlertRule[] {
  const parsed = RuleFile.safeParse(withSingleDollars(parse(text)));
  if (parsed.success) return parsed.data.groups.flatMap(({ rules }) => rules);
  throw new EvidaError('DASHBOARD_INVALID', {
    operation: `reading the alert rules of ${name}`,
    problem: z.prettifyError(parsed.error),
  });
}

/** In what is provisioned, `$$` stands for `$`; a single one takes a variable of the environment. */
function withSingleDollars(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$');
  if (Array.isArray(value)) return value.map(withSingleDollars);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withSingleDollars(inner)]));
}

/** What a rule asks the data sources; its expressions ask nobody. */
export function queriesOf({ data }: AlertRule): AlertQuery[] {
  return data
    .filter(({ datasourceUid }) => datasourceUid !== EXPRESSION)
    .map(({ refId, datasourceUid: uid, model, relativeTimeRange }) => ({
      query: {
        refId,
        datasource: { type: SOURCE_TYPES[uid] ?? 'unknown', uid },
        language: model.rawSql === undefined ? 'flux' : 'sql',
        text: model.rawSql ?? model.query ?? '',
      },
      relativeTimeRange,
    }));
}

/** What each rule must say, and that it can be followed without the variables of a dashboard. */
export function alertFindings(rules: readonly AlertRule[], handbook: string | undefined): Finding[] {
  const doubles = [...repeated(rules.map(({ uid }) => uid)), ...repeated(rules.map(({ title }) => title))];
  return [
    ...findings(
      'all alert rules',
      'unique',
      doubles.map((name) => `several are called ${name}`),
    ),
    ...rules.flatMap((rule) => {
      const place = `alert ${rule.uid}`;
      return [
        ...findings(place, 'words', wordsOf(rule, handbook)),
        ...findings(place, 'targets', dataOf(rule)),
        ...findings(
          place,
          'variables',
          queriesOf(rule).flatMap(({ query }) =>
            referencesIn(query.text).map(
              ({ name }) => `${query.refId} takes a variable ${name}, which alerts do not have`,
            ),
          ),
        ),
      ];
    }),
  ];
}

function wordsOf({ uid, title, labels, annotations }: AlertRule, handbook: string | undefined): string[] {
  const { summary, description, runbook_url: page = '' } = annotations;
  const heading = new RegExp(`^#+ ${uid}$`, 'm');
  return [
    ...(title === '' ? ['it has no title'] : []),
    ...(labels.severity === 'page' || labels.severity === 'ticket'
      ? []
      : ['its severity is neither page nor ticket']),
    ...(summary ? [] : ['it has no summary']),
    ...(description ? [] : ['it has no description']),
    ...(page.endsWith(`alerts.md#${uid}`) ? [] : [`its runbook_url does not lead to alerts.md#${uid}`]),
    ...(handbook === undefined || heading.test(handbook) ? [] : [`the handbook has no heading ${uid}`]),
  ];
}

function dataOf({ data, condition, noDataState, execErrState }: AlertRule): string[] {
  const refIds = data.map(({ refId }) => refId);
  const asking = data.filter(({ datasourceUid }) => datasourceUid !== EXPRESSION);
  const used = data.flatMap(({ model }) => (model.expression === undefined ? [] : [model.expression]));
  return [
    ...(asking.length === 0 ? ['it asks nothing'] : []),
    ...asking
      .filter(({ datasourceUid }) => !(datasourceUid in SOURCE_TYPES))
      .map(({ datasourceUid }) => `there is no data source ${datasourceUid}`),
    ...asking
      .filter(({ model }) => model.query === undefined && model.rawSql === undefined)
      .map(({ refId }) => `${refId} has neither query nor rawSql`),
    ...repeated(refIds).map((refId) => `several parts have the refId ${refId}`),
    ...[condition, ...used]
      .filter((refId) => !refIds.includes(refId))
      .map((refId) => `it refers to ${refId}, which is not there`),
    ...(['Alerting', 'OK', 'NoData', 'KeepLast'].includes(noDataState)
      ? []
      : [`noDataState ${noDataState} is none`]),
    ...(execErrState === 'OK' ? ['an error of its query would count as good (execErrState)'] : []),
  ];
}
