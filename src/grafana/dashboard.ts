import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { EvidaError, messageOf } from '../errors.ts';
import { projectFile } from '../project-file.ts';

const DataSource = z.object({ type: z.string(), uid: z.string() });

/** A question to one of the data sources, as it stands in the dashboard. */
export interface Query {
  readonly refId: string;
  readonly datasource: z.output<typeof DataSource>;
  readonly language: 'flux' | 'sql';
  readonly text: string;
}

const Target = z
  .object({
    refId: z.string().min(1),
    datasource: DataSource,
    query: z.string().optional(),
    rawSql: z.string().optional(),
    format: z.string().optional(),
    hide: z.literal(false, 'a hidden query is never asked: leave it out').optional(),
  })
  .transform(({ refId, datasource, query, rawSql, format }, context): Query => {
    const { type } = datasource;
    if (type === 'influxdb' && query !== undefined)
      return { refId, datasource, language: 'flux', text: query };
    if (type === 'grafana-postgresql-datasource' && rawSql !== undefined) {
      if (format === 'table') return { refId, datasource, language: 'sql', text: rawSql };
      context.addIssue(`format must be table, not ${format}`);
    } else {
      context.addIssue(
        `it must have a query for influxdb or rawSql for grafana-postgresql-datasource, not ${type}`,
      );
    }
    return z.NEVER;
  });

const Link = z.object({
  title: z.string().default(''),
  type: z.string().default('link'),
  url: z.string().default(''),
  tags: z.array(z.string()).default([]),
});
export type Link = z.output<typeof Link>;

const Transformation = z.object({
  id: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
  disabled: z.boolean().optional(),
});
export type Transformation = z.output<typeof Transformation>;

const FieldConfig = z.object({
  defaults: z
    .object({
      unit: z.string().optional(),
      displayName: z.string().optional(),
      decimals: z.number().optional(),
      noValue: z.string().optional(),
      links: z.array(Link).optional(),
    })
    .default({}),
  overrides: z
    .array(
      z.object({
        matcher: z.object({ id: z.string(), options: z.unknown() }),
        properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
      }),
    )
    .default([]),
});
export type FieldConfig = z.output<typeof FieldConfig>;

/** What Grafana could do to a panel, and Evida does not follow. */
const NOT_FOLLOWED = z.undefined('Evida does not follow this setting').optional();

const PlainPanel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().default(''),
  description: z.string().default(''),
  datasource: DataSource.optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(Target).default([]),
  maxDataPoints: z.number().positive().optional(),
  transformations: z.array(Transformation).default([]),
  fieldConfig: FieldConfig.prefault({}),
  options: z.record(z.string(), z.unknown()).default({}),
  links: z.array(Link).default([]),
  repeat: NOT_FOLLOWED,
  timeFrom: NOT_FOLLOWED,
  timeShift: NOT_FOLLOWED,
  libraryPanel: NOT_FOLLOWED,
  interval: NOT_FOLLOWED,
});
export type Panel = z.output<typeof PlainPanel>;

/** A row that is closed holds the panels below it. */
const PanelOrRow = PlainPanel.extend({ panels: z.array(PlainPanel).default([]) });

const VariableBase = z.object({
  name: z.string(),
  label: z.string().optional(),
  description: z.string().optional(),
  hide: z.number().default(0),
});

const Chosen = z.union([z.string(), z.array(z.string())]);

const Variable = z.discriminatedUnion(
  'type',
  [
    VariableBase.extend({ type: z.literal('constant'), query: z.string() }),
    VariableBase.extend({
      type: z.literal('query'),
      datasource: DataSource,
      query: z.string(),
      refresh: z.number().default(0),
      multi: z.boolean().default(false),
      includeAll: z.boolean().default(false),
      allValue: z.string().nullish(),
      current: z.object({ value: Chosen.optional() }).optional(),
      regex: z.literal('', 'filter in the query instead').optional(),
      sort: z.literal(0, 'sort in the query instead').optional(),
    }),
  ],
  'type must be constant or query',
);
export type Variable = z.output<typeof Variable>;

const Annotation = z.object({
  name: z.string(),
  datasource: DataSource,
  enable: z.boolean(),
  target: Target,
  filter: z.object({ exclude: z.boolean().default(false), ids: z.array(z.number()) }).optional(),
});
export type Annotation = z.output<typeof Annotation>;

const DashboardJson = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string().default(''),
  tags: z.array(z.string()).default([]),
  schemaVersion: z.number(),
  editable: z.boolean().default(true),
  time: z.object({ from: z.string(), to: z.string() }),
  templating: z.object({ list: z.array(Variable) }).default({ list: [] }),
  annotations: z.object({ list: z.array(Annotation) }).default({ list: [] }),
  links: z.array(Link).default([]),
  panels: z.array(PanelOrRow),
});

/** A dashboard of schema v1, as far as its panels can be run and checked. */
export interface Dashboard extends Omit<z.output<typeof DashboardJson>, 'panels'> {
  /** Where it was read from. */
  readonly path: string;
  /** All panels and rows, also those inside of closed rows. */
  readonly panels: readonly Panel[];
}

/** @param path for the error @throws EvidaError DASHBOARD_INVALID */
export function parseDashboard(text: string, path: string): Dashboard {
  let problem: string;
  try {
    const parsed = DashboardJson.safeParse(JSON.parse(text));
    if (parsed.success) {
      const panels = parsed.data.panels.flatMap(({ panels: inside, ...panel }) => [panel, ...inside]);
      return { ...parsed.data, path, panels };
    }
    problem = z.prettifyError(parsed.error);
  } catch (error) {
    problem = messageOf(error);
  }
  throw new EvidaError('DASHBOARD_INVALID', { operation: `reading ${path}`, problem });
}

/** The dashboards that ship with Evida, by title. @throws EvidaError DASHBOARD_INVALID */
export function readDashboards(directory = projectFile('grafana', 'dashboards')): Dashboard[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => parseDashboard(readFileSync(`${directory}/${name}`, 'utf8'), `grafana/dashboards/${name}`))
    .sort((one, other) => one.title.localeCompare(other.title, 'en'));
}
