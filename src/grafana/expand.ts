import { EvidaError } from '../errors.ts';
import type { Query } from './dashboard.ts';
import { interpolate, type VariableValues } from './interpolate.ts';
import { intervalMs, intervalText, type TimeRange } from './time-range.ts';

/** What a query is expanded with. */
export interface QueryContext {
  readonly variables: VariableValues;
  readonly range: TimeRange;
  /** How many points fit into the panel; Grafana takes its width in pixels unless the panel says. */
  readonly maxDataPoints: number;
}

/** Of the data source: the shortest interval that it proposes (grafana/provisioning/datasources). */
const SHORTEST_INTERVAL_MS = 1000;
/** Variables of Grafana stand in Flux as `v.NAME`. */
const FLUX_VARIABLE = /\bv\.(timeRangeStart|timeRangeStop|windowPeriod|defaultBucket|organization)\b/g;
const SQL_MACRO = /\$__(\w+)(?:\(([^)]*)\))?(,?)/g;

/**
 * A query as Grafana sends it to the data source: its variables and macros expanded.
 * @throws EvidaError DASHBOARD_INVALID if it uses a variable, format or macro that is unknown
 */
export function expandQuery({ refId, language, text }: Query, context: QueryContext): string {
  const operation = `expanding the query ${refId}`;
  const interpolated = interpolate(text, language, context.variables, operation);
  const ms = intervalMs(context.range, context.maxDataPoints);
  return language === 'flux'
    ? expandFlux(interpolated, context.range, Math.max(ms, SHORTEST_INTERVAL_MS), operation)
    : expandSql(interpolated, context.range, ms, operation);
}

function expandFlux(text: string, { fromMs, toMs }: TimeRange, interval: number, operation: string): string {
  const values: Readonly<Record<string, string>> = {
    timeRangeStart: new Date(fromMs).toISOString(),
    timeRangeStop: new Date(toMs).toISOString(),
    windowPeriod: intervalText(interval),
  };
  return text.replace(FLUX_VARIABLE, (variable: string, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new EvidaError('DASHBOARD_INVALID', {
      operation,
      problem: `${variable} is empty, since the data source does not say`,
      hint: 'Name the bucket by a constant of the dashboard.',
    });
  });
}

function expandSql(text: string, { fromMs, toMs }: TimeRange, interval: number, operation: string): string {
  const from = `'${new Date(fromMs).toISOString()}'`;
  const to = `'${new Date(toMs).toISOString()}'`;
  return text.replace(SQL_MACRO, (macro, name: string, inside: string | undefined, comma: string) => {
    if (inside?.includes('(')) {
      throw new EvidaError('DASHBOARD_INVALID', {
        operation,
        problem: `${macro}: Grafana ends what stands in a macro at the first closing parenthesis`,
        hint: 'Give the macro a plain column, such as one of a view or subquery.',
      });
    }
    const [column = '', ...others] = (inside ?? '').split(',').map((argument) => argument.trim());
    if (name === 'timeFilter' && column !== '') return `${column} BETWEEN ${from} AND ${to}${comma}`;
    if (name === 'timeFrom' && inside === '') return from + comma;
    if (name === 'timeTo' && inside === '') return to + comma;
    if (name === 'interval' && inside === undefined) return intervalText(interval) + comma;
    const seconds = name === 'timeGroup' && others.length === 1 ? secondsOf(others[0] ?? '') : undefined;
    // With a comma right behind it, Grafana names the column, for queries from before its version 5.3.
    if (seconds !== undefined)
      return `floor(extract(epoch from ${column})/${seconds})*${seconds}${comma && ' AS "time",'}`;
    throw new EvidaError('DASHBOARD_INVALID', {
      operation,
      problem: `${macro} is no macro that Evida knows`,
      hint: "Known ones: $__timeFilter(column), $__timeFrom(), $__timeTo(), $__timeGroup(column, '1d'), $__interval.",
    });
  });
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `'1d'` as 86400; months and years have no fixed length. */
function secondsOf(interval: string): number | undefined {
  const [, count, unit = ''] = /^'?(\d+)([smhdw])'?$/.exec(interval) ?? [];
  const size = SECONDS[unit];
  return size === undefined ? undefined : Number(count) * size;
}
