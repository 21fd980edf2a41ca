import { EvidaError } from '../errors.ts';
import type { Query } from './dashboard.ts';

/** What stands for a variable in queries. */
export interface VariableValue {
  /** Several, where several may be chosen; also when it is one. */
  readonly value: string | readonly string[];
  /** Whether several may be chosen, or all. */
  readonly isMulti: boolean;
  /** Of a value for all of them: it is written as it is, whatever the format. */
  readonly isWrittenAsItIs?: true;
}
export type VariableValues = ReadonlyMap<string, VariableValue>;

/** `$name`, `${name}`, `${name:format}`; names that begin with two underscores are Grafana's own. */
const REFERENCE = /\$(\w+)|\$\{(\w+)((?:\.[^:}]+)?)(?::([^}]+))?\}/g;

/** The formats of Grafana 13 (@grafana/scenes), as far as a query needs them. */
const FORMATS: Readonly<Record<string, (value: string | readonly string[]) => string>> = {
  raw: String,
  csv: (value) => several(value).join(','),
  glob: (value) => (typeof value !== 'string' && value.length > 1 ? `{${value.join(',')}}` : String(value)),
  regex: (value) => {
    const escaped = several(value).map(escapeRegex);
    return typeof value === 'string' || escaped.length === 1 ? escaped.join('') : `(${escaped.join('|')})`;
  },
  // Grafana also escapes double quotes by a backslash, which Postgres keeps.
  sqlstring: (value) => several(value).map(sqlString).join(','),
  // One value alone is not quoted, as in Grafana.
  json: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  doublequote: (value) =>
    several(value)
      .map((one) => `"${one.replaceAll('"', '\\"')}"`)
      .join(','),
};

/** A variable that a text refers to. */
export interface Reference {
  readonly name: string;
  readonly format: string | undefined;
}

/** The dashboard's variables in a text; Grafana's own ones (`$__timeFilter`) are left out. */
export function referencesIn(text: string): Reference[] {
  return [...text.matchAll(REFERENCE)]
    .map(([, plain, braced, , format]) => ({ name: plain ?? braced ?? '', format }))
    .filter(({ name }) => !name.startsWith('__'));
}

/**
 * Writes the values of variables into a query, as Grafana does before it sends it.
 * @throws EvidaError DASHBOARD_INVALID if a variable or its format is unknown, or several values have no format for Flux
 */
export function interpolate(
  text: string,
  language: Query['language'],
  values: VariableValues,
  operation: string,
): string {
  const invalid = (problem: string, hint?: string) =>
    new EvidaError('DASHBOARD_INVALID', { operation, problem, ...(hint !== undefined && { hint }) });
  return text.replace(REFERENCE, (match, plain, braced, path, format) => {
    const name: string = plain ?? braced;
    if (name.startsWith('__')) return match;
    const variable = values.get(name);
    if (variable === undefined) throw invalid(`there is no variable ${name}`);
    if (path) throw invalid(`${match} takes a part of a variable, which Evida does not follow`);
    if (variable.isWrittenAsItIs) return String(variable.value);
    if (format === undefined) {
      if (language === 'sql') return sqlDefault(variable);
      if (!variable.isMulti) return String(variable.value);
      throw invalid(
        `${match} may have several values, and no format`,
        `Write \${${name}:regex} or another format.`,
      );
    }
    const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
    if (write === undefined)
      throw invalid(`${match} has an unknown format`, `Known ones: ${Object.keys(FORMATS).join(', ')}.`);
    return write(variable.value);
  });
}

/** What the Postgres data source does where no format is given. */
function sqlDefault({ value, isMulti }: VariableValue): string {
  if (typeof value !== 'string') return value.map(quoted).join(',');
  return isMulti ? quoted(value) : value.replaceAll("'", "''");
}

function several(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function sqlString(value: string): string {
  return quoted(value).replaceAll('"', '\\"');
}

function escapeRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}
