import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EvidaError, messageOf } from '../../errors.ts';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);
const NAME = 'postgres';

/**
 * The user that Postgres runs as: undefined means this one, as Postgres refuses only root; root's server runs as
 * the user `postgres`, who is created if missing.
 *
 * @throws EvidaError EMBEDDED_START if there is no such user and none can be made
 */
export async function postgresUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return await lookUp().catch(async () => {
      await run('useradd', [
        '--system',
        '--user-group',
        '--no-create-home',
        '--shell',
        '/usr/sbin/nologin',
        NAME,
      ]);
      return lookUp();
    });
  } catch (cause) {
    throw new EvidaError('EMBEDDED_START', {
      operation: 'making the system user postgres, as Postgres does not run as root',
      problem: messageOf(cause),
      hint: 'create a user named postgres, or run as an ordinary user',
      cause,
    });
  }
}

async function lookUp(): Promise<SystemUser> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => (await run('id', [flag, NAME])).stdout),
  );
  return { uid: Number(uid), gid: Number(gid) };
}

/** A program as it is to be spawned. */
interface SpawnAs {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** Makes of a program and its arguments what is to be spawned, so that it runs as the server's user. */
export type RunAs = (command: string, args: readonly string[]) => SpawnAs;

/**
 * How to run Postgres's programs as the server's user. Root's home and other private directories are closed to that
 * user: there, and only there, it gets CAP_DAC_READ_SEARCH by util-linux's setpriv. That lets it pass through any
 * directory, and also read any file of the machine (SECURITY.md, "The demo as root").
 *
 * @throws EvidaError EMBEDDED_START, which names the path, if the user cannot reach the program or the directory
 */
export async function runAs(
  user: SystemUser | undefined,
  program: string,
  directory: string,
): Promise<RunAs> {
  if (user === undefined) return (command, args) => ({ command, args });
  const { uid, gid } = user;
  const plainly: RunAs = (command, args) => ({ command, args, uid, gid });
  const passing: RunAs = (command, args) => ({
    command: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...PASS_THROUGH, '--', command, ...args],
  });
  for (const way of [plainly, passing]) {
    if ((await unreachable(way, [program, directory])) === undefined) return way;
  }
  throw new EvidaError('EMBEDDED_START', {
    operation: 'starting Postgres as the user postgres, as it does not run as root',
    problem: `the user postgres cannot reach ${await unreachable(plainly, [program, directory])}`,
    hint: 'install util-linux (setpriv), move the checkout or the data out of the private directory, or run as an ordinary user',
  });
}

const PASS_THROUGH = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];

/** The first path that a program run in this way cannot reach. */
async function unreachable(way: RunAs, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const { command, args, ...ids } = way('/bin/sh', ['-c', 'test -x "$0"', path]);
    try {
      await run(command, args, { ...ids, cwd: '/' });
    } catch {
      return path;
    }
  }
  return undefined;
}
