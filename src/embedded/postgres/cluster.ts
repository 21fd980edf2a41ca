import { execFile } from 'node:child_process';
import { access, chown, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EvidaError, messageOf } from '../../errors.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { RunAs, SystemUser } from './system-user.ts';

export const SUPERUSER = 'postgres';

interface ClusterOptions {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser | undefined;
  readonly runAs: RunAs;
  readonly password: string;
  readonly durable: boolean;
}

/**
 * The directory of the database files, `dataDir/data`, made by initdb if it is not there: UTF-8, sorted by code
 * point on every machine alike, data checksums, passwords by SCRAM.
 *
 * @throws EvidaError EMBEDDED_START
 */
export async function preparedCluster(options: ClusterOptions): Promise<string> {
  const { dataDir } = options;
  const data = join(dataDir, 'data');
  const exists = await access(data).then(
    () => true,
    () => false,
  );
  if (!exists) await initialise(options, data);
  return data;
}

async function initialise(
  { dataDir, binaries, user, runAs, password, durable }: ClusterOptions,
  data: string,
): Promise<void> {
  for (const entry of await readdir(dataDir)) {
    // An initdb that was killed.
    if (entry.startsWith('new-')) await rm(join(dataDir, entry), { recursive: true, force: true });
  }
  // Made beside its place and moved there when complete.
  const work = await mkdtemp(join(dataDir, 'new-'));
  const passwordFile = join(work, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) {
    await chown(work, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const args = [
    `--pgdata=${join(work, 'data')}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin'],
    ...[
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ],
  ];
  try {
    const { command, args: allArgs, ...ids } = runAs(binaries.initdb, args);
    await promisify(execFile)(command, allArgs, {
      ...ids,
      cwd: work,
      env: { ...process.env, LC_ALL: 'C' },
    });
    await rename(join(work, 'data'), data);
  } catch (cause) {
    const message = messageOf(cause);
    throw new EvidaError('EMBEDDED_START', {
      operation: `making the Postgres database in ${dataDir}`,
      problem: message.split('\n').slice(1).join('\n').trim() || message,
      ...(/shared librar|dyld/i.test(message) && {
        hint: 'the libraries lack links that the package makes when it is installed: npm rebuild, with its scripts allowed',
      }),
      cause,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
