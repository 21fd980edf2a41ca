import type { Dashboard, Query, Variable } from '../../src/grafana/dashboard.ts';
import { type Reference, referencesIn } from '../../src/grafana/interpolate.ts';
import { queryOf } from '../../src/grafana/resolve-variables.ts';
import { type Finding, findings } from './finding.ts';
import { linksOf } from './link-rules.ts';

/** When Grafana asks for the values of a variable again. */
const [ON_LOAD, ON_TIME_CHANGE] = [1, 2];
const NAMES_THE_RANGE = /\$__time(Filter|From|To|Group)|\bv\.timeRange/;

/** That each variable is defined, used, asked for at the right time, and cannot break out of its place in a query. */
export function variableFindings(dashboards: readonly Dashboard[]): Finding[] {
  return dashboards.flatMap((dashboard) => {
    const variables = new Map(dashboard.templating.list.map((variable) => [variable.name, variable]));
    const used = usesOf(dashboard);
    const names = new Set(used.flatMap(({ references }) => references.map(({ name }) => name)));
    return [
      ...used.flatMap(({ place, references, language }) => [
        ...findings(
          place,
          'variables',
          references
            .filter(({ name }) => !variables.has(name))
            .map(({ name }) => `the variable ${name} is defined nowhere`),
        ),
        ...findings(place, 'format', language === undefined ? [] : unsafe(references, language, variables)),
      ]),
      ...[...variables.values()].flatMap((variable) =>
        findings(`${dashboard.uid} / variable ${variable.name}`, 'variables', [
          ...(names.has(variable.name) ? [] : ['nothing uses it']),
          ...refreshOf(variable),
        ]),
      ),
    ];
  });
}

/** A text with variables in it, and the language if it is a query. */
interface Use {
  readonly place: string;
  readonly references: readonly Reference[];
  readonly language?: Query['language'];
}

function usesOf(dashboard: Dashboard): Use[] {
  const ofQuery = (place: string, { text, language }: Query): Use => ({
    place,
    references: referencesIn(text),
    language,
  });
  const { uid } = dashboard;
  return [
    ...dashboard.panels.flatMap((panel) => {
      const place = `${uid} / ${panel.title}`;
      const { displayName = '' } = panel.fieldConfig.defaults;
      return [
        ...panel.targets.map((target) => ofQuery(place, target)),
        ...[panel.title, panel.description, displayName].map((text) => ({
          place,
          references: referencesIn(text),
        })),
      ];
    }),
    ...dashboard.templating.list.flatMap((variable) =>
      variable.type === 'query' ? [ofQuery(`${uid} / variable ${variable.name}`, queryOf(variable))] : [],
    ),
    ...dashboard.annotations.list.map(({ name, target }) => ofQuery(`${uid} / annotation ${name}`, target)),
    ...linksOf(dashboard).map(({ place, link }) => ({ place, references: referencesIn(link.url) })),
  ];
}

function refreshOf(variable: Variable): string[] {
  if (variable.type !== 'query') return [];
  const { refresh, query } = variable;
  if (refresh !== ON_LOAD && refresh !== ON_TIME_CHANGE)
    return ['its values are never asked for again (refresh)'];
  return NAMES_THE_RANGE.test(query) && refresh !== ON_TIME_CHANGE
    ? ['its query depends on the time range, and is not asked again when that changes (refresh)']
    : [];
}

/** Anybody may write a value into the address of a dashboard: constants alone stand in a query as they are. */
function unsafe(
  references: readonly Reference[],
  language: Query['language'],
  variables: ReadonlyMap<string, Variable>,
): string[] {
  return references.flatMap(({ name, format }) => {
    const variable = variables.get(name);
    if (variable === undefined || variable.type === 'constant') return [];
    const written = `\${${name}${format === undefined ? '' : `:${format}`}}`;
    const { multi, includeAll } = variable;
    if (language === 'sql') {
      return format === undefined || format === 'sqlstring'
        ? []
        : [`${written} does not escape for SQL; write \${${name}:sqlstring}`];
    }
    if (format === 'json' && !multi && !includeAll)
      return [`${written}: Grafana writes one value without quotes; write \${${name}:doublequote}`];
    return format === 'regex' || format === 'json' || format === 'doublequote'
      ? []
      : [
          `${written} does not escape for Flux; write \${${name}:doublequote} without quotes, or \${${name}:regex}`,
        ];
  });
}
