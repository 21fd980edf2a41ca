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
/** What `evida setup` reads of it. */
export type SetupConfig = Parsed<typeof SETUP_VARIABLES>;

/** The environment of a running Evida. @throws EvidaError CONFIG_INVALID, with every error at once */
export function loadConfig(environment: Environment, readFile: ReadFile): Config {
  return parseEnvironment(VARIABLES, environment, readFile);
}

/** The environment of `evida setup`. @throws EvidaError CONFIG_INVALID, with every error at once */
export function loadSetupConfig(environment: Environment, readFile: ReadFile): SetupConfig {
  return parseEnvironment(SETUP_VARIABLES, environment, readFile);
}

/** The thresholds alone. @throws EvidaError CONFIG_INVALID, with every error at once */
export function loadThresholds(environment: Environment): Parsed<typeof THRESHOLDS> {
  return parseEnvironment(THRESHOLDS, environment, String);
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
      errors.set(name, `${name}_FILE=${environment[`${name}_FILE`]}: ${messageOf(error)}`);
    }
  }
  const parsed = z.object(variables).safeParse(given);
  if (parsed.success && errors.size === 0) return Object.freeze(parsed.data);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    const type = variables[name];
    if (type !== undefined && !errors.has(name)) errors.set(name, describe(name, type, given[name], message));
  }
  throw new EvidaError('CONFIG_INVALID', {
    operation: 'reading the environment',
    problem: [
      `${errors.size} ${errors.size === 1 ? 'variable is' : 'variables are'} missing or wrong`,
      ...errors.values(),
    ].join('\n  '),
    hint: 'Set them in the environment or in a file for --env-file; a secret may also be given as a file, by NAME_FILE.',
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
  const file = DOCUMENTATION.get(type)?.secret ? environment[`${name}_FILE`] : undefined;
  if (file === undefined || file === '') return value;
  if (value !== undefined) throw new Error(`${name} is set as well; keep one of them`);
  return readFile(file).replace(/\r?\n$/, '') || undefined;
}

function describe(name: string, type: z.ZodType, value: string | undefined, message: string): string {
  const documentation = DOCUMENTATION.get(type);
  const problem = value === undefined ? 'is missing' : message;
  const shown = value === undefined || documentation?.secret ? name : `${name}=${value}`;
  return `${shown} ${problem} (${documentation?.meaning}; example: ${documentation?.example})`;
}
