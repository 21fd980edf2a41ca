import { readdirSync, readFileSync } from 'node:fs';
import { withFunctions } from '../../src/influx/flux-functions.ts';
import { projectFile } from '../../src/project-file.ts';

const FUNCTIONS = new Map(
  readdirSync(projectFile('flux', 'functions')).map((name) => [
    name.replace(/\.flux$/, ''),
    readFlux(`functions/${name}`),
  ]),
);

/** What a file of flux/panels or flux/alerts is completed with, since Grafana cannot include anything. */
export interface FluxParts {
  /** The files of flux/functions whose functions it calls. */
  readonly functions?: readonly string[];
  /** What it reads from the record `params`. Numbers become floats. */
  readonly params?: Readonly<Record<string, string | number>>;
}

/**
 * The text of flux/panels/NAME.flux as a panel sends it: its imports, the functions that it calls, its `params`, its
 * statements. Variables of the dashboard are in it as Grafana writes them.
 * @throws EvidaError FLUX_FUNCTION if it calls other functions than named
 */
export function fluxOfPanel(name: string, parts?: FluxParts): string {
  return fluxOf(`panels/${name}.flux`, parts);
}

/** The same for flux/alerts/NAME.flux, as an alert rule sends it: there are no variables. */
export function fluxOfAlert(name: string, parts?: FluxParts): string {
  return fluxOf(`alerts/${name}.flux`, parts);
}

function fluxOf(path: string, { functions = [], params = {} }: FluxParts = {}): string {
  const { imports, statements } = withFunctions(
    path,
    withoutComment(readFlux(path)),
    functions,
    new Map([...FUNCTIONS].map(([file, text]) => [file, withoutComment(text)])),
  );
  const fields = Object.entries(params).map(([field, value]) => `${field}: ${literal(value)}`);
  const record = fields.length === 0 ? '' : `\nparams = {${fields.join(', ')}}\n`;
  return `${imports}\n${record}${statements}`.trim();
}

/** The words at its top are for readers of the repository; the panel has its description. */
function withoutComment(flux: string): string {
  return flux.replace(/^(\/\/.*\n)+/, '');
}

function literal(value: string | number): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function readFlux(path: string): string {
  return readFileSync(projectFile('flux', path), 'utf8');
}
