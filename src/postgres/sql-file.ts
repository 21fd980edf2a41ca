import { readFileSync } from 'node:fs';
import { EvidaError } from '../errors.ts';
import { projectFile } from '../project-file.ts';

type SqlType = 'text' | 'date' | 'timestamptz' | 'interval' | 'numeric' | 'integer';

/** The parameters that statements may name, with their types in Postgres. */
export type SqlParameters = Readonly<Record<string, SqlType>>;

/** A statement of `sql/` whose parameters stand in it as `:from_day`. */
export interface SqlStatement {
  /** Those that it names. */
  readonly names: readonly string[];
  /** As `pg` takes it. @throws EvidaError SQL_PARAMETER if a value is missing */
  bind(values: Readonly<Record<string, string | null | undefined>>): {
    readonly text: string;
    readonly values: (string | null)[];
  };
}

/**
 * Reads a statement, and makes each `:name` a parameter of its type. Comments say nothing to Postgres, and are left out.
 * @throws EvidaError SQL_PARAMETER if it names a parameter that there is not
 */
export function loadSql(path: string, parameters: SqlParameters): SqlStatement {
  const sql = readFileSync(projectFile('sql', path), 'utf8').replace(/--.*$/gm, '');
  const names: string[] = [];
  const text = sql.replace(/(?<![:\w]):([a-z_]+)\b/g, (_, name: string) => {
    const type = parameters[name];
    if (type === undefined) throw mismatch(path, `there is no parameter ${name}`);
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}::${type}`;
  });
  const givenFor = (name: string, value: string | null | undefined): string | null => {
    if (value === undefined) throw mismatch(path, `${name} has no value`);
    return value;
  };
  return {
    names,
    bind: (values) => ({ text, values: names.map((name) => givenFor(name, values[name])) }),
  };
}

function mismatch(path: string, problem: string): EvidaError {
  return new EvidaError('SQL_PARAMETER', { operation: `using sql/${path}`, problem });
}
