import { readdirSync, readFileSync } from 'node:fs';
import {
  fluxBool,
  fluxDateTime,
  fluxDuration,
  fluxFloat,
  fluxInteger,
  fluxRegExp,
  fluxString,
} from '@influxdata/influxdb-client';
import { EvidaError } from '../errors.ts';
import { projectFile } from '../project-file.ts';
import { withFunctions } from './flux-functions.ts';

interface FluxTypes {
  string: string;
  bool: boolean;
  int: number;
  float: number;
  /** A point in time, ms UTC. */
  time: number;
  /** A Flux duration such as `1d`. */
  duration: string;
  /** Without flags, and in the words that Go's regular expressions share. */
  regexp: RegExp;
}
type FluxType = keyof FluxTypes;

/** What a query is called with, by the types of its parameters. */
type Arguments<P extends Readonly<Record<string, FluxType>>> = { readonly [N in keyof P]: FluxTypes[P[N]] };

/** The functions that the files of `flux/` share, by the names of theirs. */
const FUNCTIONS = new Map(
  readdirSync(projectFile('flux', 'functions')).map((name) => [
    name.replace(/\.flux$/, ''),
    readFlux(`functions/${name}`),
  ]),
);

/**
 * A Flux file of `flux/` as a function of its parameters. The file is plain Flux that reads them from the
 * record `params`, which is written before its first statement with every value as an escaped literal.
 * @param functions the files of `flux/functions/` whose function it calls; they are written after `params`
 * @throws EvidaError FLUX_PARAMETER if the file uses other parameters than declared, or a value is not of its type;
 *   FLUX_FUNCTION if it calls other functions than declared
 */
export function defineFlux<const P extends Readonly<Record<string, FluxType>>>(
  path: string,
  parameters: P,
  functions: readonly string[] = [],
): (values: Arguments<P>) => string {
  const flux = readFlux(path);
  const used = new Set([...flux.matchAll(/\bparams\.(\w+)/g)].map(([, name]) => name));
  const differing = [...used].filter((name) => !(name && name in parameters));
  differing.push(...Object.keys(parameters).filter((name) => !used.has(name)));
  if (differing.length > 0) {
    throw new EvidaError('FLUX_PARAMETER', {
      operation: `loading flux/${path}`,
      problem: `used and declared parameters differ: ${differing.join(', ')}`,
    });
  }
  const { imports, statements } = withFunctions(path, flux, functions, FUNCTIONS);
  return (values) => {
    const given = new Map<string, unknown>(Object.entries(values));
    const fields = Object.entries(parameters).map(
      ([name, type]) => `  ${name}: ${literal(type, given.get(name), path, name)},\n`,
    );
    return `${imports}\nparams = {\n${fields.join('')}}\n${statements}`;
  };
}

function readFlux(path: string): string {
  return readFileSync(projectFile('flux', path), 'utf8');
}

function literal(type: FluxType, value: unknown, path: string, name: string): string {
  if (typeof value === 'string' && type === 'string') return fluxString(value).toString();
  if (typeof value === 'string' && type === 'duration' && /^(\d+(ns|us|ms|s|m|h|d|w|mo|y))+$/.test(value)) {
    return fluxDuration(value).toString();
  }
  if (typeof value === 'boolean' && type === 'bool') return fluxBool(value).toString();
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (type === 'time') return fluxDateTime(new Date(value).toISOString()).toString();
    if (type === 'int' && Number.isSafeInteger(value)) return fluxInteger(value).toString();
    if (type === 'float') return fluxFloat(value).toString();
  }
  if (value instanceof RegExp && value.flags === '' && type === 'regexp') return fluxRegExp(value).toString();
  throw new EvidaError('FLUX_PARAMETER', {
    operation: `calling flux/${path}`,
    problem: `${name} must be a ${type}, not ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
  });
}
