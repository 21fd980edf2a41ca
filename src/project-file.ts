import { existsSync } from 'node:fs';
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
