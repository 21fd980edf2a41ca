import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Dashboard, Panel, Query } from '../../src/grafana/dashboard.ts';
import { panelsOf } from '../../src/grafana/find-panels.ts';
import { type Finding, findings, repeated } from './finding.ts';

const UNITS: ReadonlySet<unknown> = new Set(Object.values(units));
/** Units of one's own making: `suffix: boxes`. */
const OWN_UNIT = /^(prefix|suffix|time|si|count|currency|bool):/;
const MIXED = '-- Mixed --';
/** The data sources of grafana/provisioning. */
const DATA_SOURCES: Readonly<Record<string, string>> = {
  influxdb: 'evida-influxdb',
  'grafana-postgresql-datasource': 'evida-postgres',
};
/** Kinds of panels that ask nothing. */
const WITHOUT_QUESTIONS = new Set(['row', 'text']);

/** What each panel, variable and annotation must say, and whom it asks. */
export function panelFindings(dashboards: readonly Dashboard[]): Finding[] {
  return [
    ...dashboards.flatMap((dashboard) => [
      ...dashboard.panels.flatMap((panel) => {
        const place = `${dashboard.uid} / ${panel.title || panel.id}`;
        return [
          ...findings(place, 'words', wordsOf(panel)),
          ...findings(place, 'unit', unitsOf(panel)),
          ...findings(place, 'targets', targetsOf(panel)),
          ...findings(place, 'data source', sourcesOf(panel)),
        ];
      }),
      ...dashboard.templating.list.flatMap((variable) =>
        variable.type === 'query'
          ? findings(`${dashboard.uid} / variable ${variable.name}`, 'data source', unknownSource(variable))
          : [],
      ),
      ...dashboard.annotations.list.flatMap(({ name, target }) =>
        findings(`${dashboard.uid} / annotation ${name}`, 'data source', unknownSource(target)),
      ),
    ]),
  ];
}

function wordsOf({ title, description, type, fieldConfig }: Panel): string[] {
  const asks = !WITHOUT_QUESTIONS.has(type);
  return [
    ...(title === '' ? ['it has no title'] : []),
    ...(asks && description === '' ? ['it has no description'] : []),
    ...(asks && !fieldConfig.defaults.noValue
      ? ['it does not say what is shown where nothing was found (noValue)']
      : []),
  ];
}

function unitsOf({ type, fieldConfig: { defaults, overrides } }: Panel): string[] {
  if (WITHOUT_QUESTIONS.has(type)) return [];
  const own = overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === 'unit').map(({ value }) => value),
  );
  return [
    ...(defaults.unit === undefined ? ['it has no unit'] : []),
    ...[defaults.unit, ...own]
      .filter((unit) => unit !== undefined && !isUnit(unit))
      .map((unit) => `Grafana has no unit ${JSON.stringify(unit)}`),
  ];
}

function isUnit(unit: unknown): boolean {
  return UNITS.has(unit) || (typeof unit === 'string' && OWN_UNIT.test(unit));
}

function targetsOf({ type, targets }: Panel): string[] {
  return [
    ...(targets.length === 0 && !WITHOUT_QUESTIONS.has(type) ? ['it asks nothing'] : []),
    ...repeated(targets.map(({ refId }) => refId)).map((refId) => `several queries have the refId ${refId}`),
  ];
}

/** A mixed panel has both kinds; any other asks the one data source that it names. */
function sourcesOf({ datasource, targets }: Panel): string[] {
  if (targets.length === 0) return [];
  const unknown = targets.flatMap(unknownSource);
  const languages = new Set(targets.map(({ language }) => language));
  if (datasource === undefined) return [...unknown, 'it names no data source'];
  if (datasource.uid === MIXED) {
    const isSaidSo = datasource.type === 'datasource';
    return [
      ...unknown,
      ...(languages.size === 2 ? [] : ['it is said to be mixed, and asks one data source only']),
      ...(isSaidSo ? [] : [`the type of ${MIXED} is datasource, not ${datasource.type}`]),
    ];
  }
  const others = targets.filter((target) => target.datasource.uid !== datasource.uid);
  return [
    ...unknown,
    ...others.map(({ refId }) => `${refId} asks another data source than the panel, which is not mixed`),
  ];
}

function unknownSource({ datasource: { type, uid } }: Pick<Query, 'datasource'>): string[] {
  return DATA_SOURCES[type] === uid ? [] : [`there is no data source ${uid} of type ${type}`];
}

/** How many panels ask both servers. */
export function countMixed(dashboards: readonly Dashboard[]): number {
  return panelsOf(dashboards).filter(
    ({ panel: { targets } }) => new Set(targets.map(({ language }) => language)).size === 2,
  ).length;
}
