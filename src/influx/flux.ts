import { readFileSync } from 'node:fs';
import {
  fluxBool,
  fluxDateTime,
  fluxDuration,
  fluxFloat,
  fluxInteger,
  fluxString,
} from '@influxdata/influxdb-client';
import { EvidaError } from '../errors.ts';
import { projectFile } from '../project-file.ts';

interface FluxTypes {
  string: string;
  bool: boolean;
  int: number;
  float: number;
  /** A point in time, ms UTC. */
  time: number;
  /** A Flux duration such as `1d`. */
  duration: string;
}
type FluxType = keyof FluxTypes;

/** What a query is called with, by the types of its parameters. */
type Arguments<P extends Readonly<Record<string, FluxType>>> = { readonly [N in keyof P]: FluxTypes[P[N]] };

/**
 * A Flux file of `flux/` as a function of its parameters. The file is plain Flux that reads them from the
 * record `params`, which is written before its first statement with every value as an escaped literal.
 * @throws EvidaError FLUX_PARAMETER if the file uses other parameters than declared, or a value is not of its type
 */
export function defineFlux<const P extends Readonly<Record<string, FluxType>>>(
  path: string,
  parameters: P,
): (values: Arguments<P>) => string {
  const flux = readFileSync(projectFile('flux', path), 'utf8');
  const used = new Set([...flux.matchAll(/\bparams\.(\w+)/g)].map(([, name]) => name));
  const differing = [...used].filter((name) => !(name && name in parameters));
  differing.push(...Object.keys(parameters).filter((name) => !used.has(name)));
  if (differing.length > 0) {
    throw new EvidaError('FLUX_PARAMETER', {
      operation: `loading flux/${path}`,
      problem: `used and declared parameters differ: ${differing.join(', ')}`,
    });
  }
  const { imports, statements } = splitImports(flux);
  return (values) => {
    const given = new Map<string, unknown>(Object.entries(values));
    const fields = Object.entries(parameters).map(
      ([name, type]) => `  ${name}: ${literal(type, given.get(name), path, name)},\n`,
    );
    return `${imports}\nparams = {\n${fields.join('')}}\n${statements}`;
  };
}

/** Flux wants a file's imports before everything else. */
function splitImports(flux: string): { imports: string; statements: string } {
  const last = [...flux.matchAll(/^import .*$/gm)].at(-1);
  const end = last === undefined ? 0 : last.index + last[0].length;
  return { imports: flux.slice(0, end), statements: flux.slice(end) };
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
  throw new EvidaError('FLUX_PARAMETER', {
    operation: `calling flux/${path}`,
    problem: `${name} must be a ${type}, not ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
  });
}
