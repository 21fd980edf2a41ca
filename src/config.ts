import { z } from 'zod';
import { EvidaError, messageOf } from './errors.ts';
import { DOCUMENTATION, SETUP_VARIABLES, THRESHOLDS, VARIABLES } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the file of a `NAME_FILE` variable. */
type ReadFile = (path: string) => string;

type Variables = Readonly<Record<string, z.ZodType>>;
type Parsed<V extends Variables> = Readonly<z.output<z.ZodObject<V>>>;

/** The parsed environment; durations in ms. Optional variables that are not set are undefined. */
export type Config = Parsed<typeof VARIABLES>;
/** The thresholds among them. */
export type Thresholds = Parsed<typeof THRESHOLDS>;
/** What `evida setup` reads of it. */
export type SetupConfig = Parsed<typeof SETUP_VARIABLES>;

/** The environment of a running Evida. @throws EvidaError CONFIG_INVALID, with every error at once */
export function loadConfig(environment: Environment, readFile: ReadFile): Config {
  const config = parseEnvironment(VARIABLES, environment, readFile);
  refuseContradictions(config);
  return config;
}

/** The environment of `evida setup`. @throws EvidaError CONFIG_INVALID, with every error at once */
export function loadSetupConfig(environment: Environment, readFile: ReadFile): SetupConfig {
  return parseEnvironment(SETUP_VARIABLES, environment, readFile);
}

/** The thresholds alone. @throws EvidaError CONFIG_INVALID, with every error at once */
export function loadThresholds(environment: Environment): Thresholds {
  const thresholds = parseEnvironment(THRESHOLDS, environment, String);
  refuseContradictions(thresholds);
  return thresholds;
}

function refuseContradictions(thresholds: Thresholds): void {
  if (thresholds.PHOTOGRAPH_SETTLE_MAX >= thresholds.PHOTOGRAPH_SETTLE) return;
  throw invalid(['PHOTOGRAPH_SETTLE_MAX must not be shorter than PHOTOGRAPH_SETTLE']);
}

function parseEnvironment<V extends Variables>(
  variables: V,
  environment: Environment,
  readFile: ReadFile,
): Parsed<V> {
  const given: Record<string, string | undefined> = {};
  const errors = new Map<string, string>();
  for (const [name, type] of Object.entries(variables)) {
    try {
      given[name] = givenValue(name, type, environment, readFile);
    } catch (error) {
      const source = DOCUMENTATION.get(type)?.isFile ? name : `${name}_FILE`;
      errors.set(name, `${source}=${environment[source]}: ${messageOf(error)}`);
    }
  }
  const parsed = z.object(variables).safeParse(given);
  if (parsed.success && errors.size === 0) return Object.freeze(parsed.data);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    const type = variables[name];
    if (type !== undefined && !errors.has(name)) errors.set(name, describe(name, type, given[name], message));
  }
  throw invalid([...errors.values()]);
}

function invalid(errors: readonly string[]): EvidaError {
  const count = errors.length === 1 ? '1 variable is' : `${errors.length} variables are`;
  return new EvidaError('CONFIG_INVALID', {
    operation: 'reading the environment',
    problem: [`${count} missing or wrong`, ...errors].join('\n  '),
    hint: 'Set them in the environment or in a file for --env; a secret may also be given as a file, by NAME_FILE.',
  });
}

/** What stands in the environment or in the file of a secret; empty counts as not given. */
function givenValue(
  name: string,
  type: z.ZodType,
  environment: Environment,
  readFile: (path: string) => string,
): string | undefined {
  const value = environment[name] || undefined;
  if (DOCUMENTATION.get(type)?.isFile) return value && readFile(value);
  const file = DOCUMENTATION.get(type)?.secret ? environment[`${name}_FILE`] : undefined;
  if (file === undefined || file === '') return value;
  if (value !== undefined) throw new Error(`${name} is set as well; keep one of them`);
  return readFile(file).replace(/\r?\n$/, '') || undefined;
}

function describe(name: string, type: z.ZodType, value: string | undefined, message: string): string {
  const documentation = DOCUMENTATION.get(type);
  const problem = value === undefined ? 'is missing' : message;
  const isHidden = value === undefined || documentation?.secret || /:\/\/[^/]*@/.test(value);
  const shown = isHidden ? name : `${name}=${value}`;
  return `${shown} ${problem} (${documentation?.meaning}; example: ${documentation?.example})`;
}
