import { EvidaError } from '../errors.ts';
import type { Dashboard, Query, Variable } from './dashboard.ts';
import type { DataSources } from './data-sources.ts';
import { expandQuery, type QueryContext } from './expand.ts';
import type { Frame } from './frame.ts';
import { referencesIn, type VariableValue } from './interpolate.ts';

const ALL = '$__all';

/** What is given for variables, by their names; several values where several may be chosen. */
export type GivenValues = ReadonlyMap<string, readonly string[]>;

/** A variable that was asked for, with what it may be. */
interface AskedVariable {
  readonly name: string;
  readonly query: Query;
  /** The query as it was sent. */
  readonly expanded: string;
  readonly frame: Frame;
  readonly options: readonly string[];
  readonly ms: number;
}

export interface ResolvedVariables {
  readonly values: ReadonlyMap<string, VariableValue>;
  readonly asked: readonly AskedVariable[];
}

/**
 * The values with which a dashboard opens: each variable after those that its query names; what is given, else what the
 * dashboard says, else the first value that the query gives.
 * @throws EvidaError USAGE if a given variable is unknown; DASHBOARD_INVALID if variables refer to each other in a circle or
 *   to unknown ones; as the data sources do
 */
export async function resolveVariables(
  { templating, title }: Dashboard,
  given: GivenValues,
  context: Omit<QueryContext, 'variables'>,
  sources: DataSources,
  signal?: AbortSignal,
): Promise<ResolvedVariables> {
  refuseUnknown(title, templating.list, given);
  const values = new Map<string, VariableValue>();
  const asked: AskedVariable[] = [];
  for (const variable of inOrder(templating.list, title)) {
    const own = given.get(variable.name);
    if (variable.type === 'constant') {
      values.set(variable.name, { value: own?.[0] ?? variable.query, isMulti: false });
      continue;
    }
    const query = queryOf(variable);
    const expanded = expandQuery(query, { ...context, variables: values });
    const startedMs = performance.now();
    const [frame = { fields: [] }] = await sources.ask(query.language, expanded, signal);
    const options = optionsOf(frame);
    asked.push({ name: variable.name, query, expanded, frame, options, ms: performance.now() - startedMs });
    values.set(variable.name, choose(variable, own, options));
  }
  return { values, asked };
}

function refuseUnknown(title: string, variables: readonly Variable[], given: GivenValues): void {
  for (const name of given.keys()) {
    if (variables.some((variable) => variable.name === name)) continue;
    throw new EvidaError('USAGE', {
      operation: `setting the variables of ${title}`,
      problem: `there is no variable ${name}`,
      hint: `It has: ${variables.map((variable) => variable.name).join(', ') || 'none'}.`,
    });
  }
}

/** Each after those that it names. */
function inOrder(variables: readonly Variable[], title: string): Variable[] {
  const ordered: Variable[] = [];
  let left = [...variables];
  while (left.length > 0) {
    const waiting = left.filter(({ query }) =>
      referencesIn(query).some(({ name }) => left.some((other) => other.name === name)),
    );
    if (waiting.length === left.length) {
      throw new EvidaError('DASHBOARD_INVALID', {
        operation: `setting the variables of ${title}`,
        problem: `these refer to each other: ${waiting.map(({ name }) => name).join(', ')}`,
      });
    }
    ordered.push(...left.filter((variable) => !waiting.includes(variable)));
    left = waiting;
  }
  return ordered;
}

export function queryOf({ name, datasource, query }: Extract<Variable, { type: 'query' }>): Query {
  const language = datasource.type === 'influxdb' ? 'flux' : 'sql';
  return { refId: `variable ${name}`, datasource, language, text: query };
}

/** Of `__value` if there is such a column, else of all columns. */
function optionsOf({ fields }: Frame): string[] {
  const chosen = fields.filter(({ name }) => name === '__value');
  const values = (chosen.length > 0 ? chosen : fields).flatMap((field) => field.values);
  return [...new Set(values.map((value) => String(value ?? '')))];
}

function choose(
  { multi, includeAll, allValue, current }: Extract<Variable, { type: 'query' }>,
  given: readonly string[] | undefined,
  options: readonly string[],
): VariableValue {
  const isMulti = multi || includeAll;
  const wanted = given ?? preset(current?.value, options, includeAll);
  if (wanted.includes(ALL)) {
    return allValue ? { value: allValue, isMulti, isWrittenAsItIs: true } : { value: options, isMulti };
  }
  return { value: multi ? wanted : (wanted[0] ?? ''), isMulti };
}

/** What the dashboard has chosen, as far as it still exists; else all, else the first. */
function preset(
  current: string | readonly string[] | undefined,
  options: readonly string[],
  includeAll: boolean,
): readonly string[] {
  const chosen = (typeof current === 'string' ? [current] : (current ?? [])).filter(
    (value) => options.includes(value) || (includeAll && value === ALL),
  );
  if (chosen.length > 0) return chosen;
  return includeAll ? [ALL] : options.slice(0, 1);
}
