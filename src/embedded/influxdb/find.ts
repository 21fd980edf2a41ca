import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The path of a program by the rules of PATH, or undefined. */
export async function findOnPath(program: string, env: Environment): Promise<string | undefined> {
  for (const directory of (env.PATH ?? '').split(delimiter)) {
    const file = resolve(directory, program);
    if (directory !== '' && (await isExecutable(file))) return file;
  }
  return undefined;
}

/** Whether the file is there and may be run. */
export function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Why an influxd cannot serve Evida, or undefined if it can: Flux, its timezone library and hashed tokens need
 * version 2.7 or later, and 3.x has no Flux.
 *
 * @param alsoUnversioned accepts a developer's own build, which calls itself "dev"
 */
export async function whyUnfit(influxd: string, alsoUnversioned = false): Promise<string | undefined> {
  let output: string;
  try {
    ({ stdout: output } = await promisify(execFile)(influxd, ['version'], { timeout: 10_000 }));
  } catch (error) {
    return `${influxd} version fails: ${messageOf(error).trim()}`;
  }
  const [, version] = /^InfluxDB v?(\S+)/.exec(output) ?? [];
  if (version === undefined) return `${influxd} is not InfluxDB 2: "${output.trim().slice(0, 100)}"`;
  if (version === 'dev' && alsoUnversioned) return undefined;
  const [major, minor] = version.split('.').map(Number);
  if (major === 2 && minor !== undefined && minor >= 7) return undefined;
  return `${influxd} is version ${version}, and Evida needs 2.7 or later of InfluxDB 2`;
}
