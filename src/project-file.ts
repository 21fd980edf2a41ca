import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Evida is installed: the folder of its package.json, from the sources as well as from `dist/`. */
const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The path of a file that ships with Evida, such as `flux/queries/energy-drawn-by-day.flux`. */
export function projectFile(...path: readonly string[]): string {
  return join(ROOT, ...path);
}

function findRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findRoot(dirname(directory));
}

/** The version of this Evida, of its package.json. */
export const VERSION = versionIn(readFileSync(projectFile('package.json'), 'utf8'));

function versionIn(packageJson: string): string {
  const { version }: { readonly version: string } = JSON.parse(packageJson);
  return version;
}
