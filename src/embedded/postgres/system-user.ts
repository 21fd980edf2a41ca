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

/**
 * Makes sure that the server's user can run its program and reach its data: root's home and other private
 * directories are closed to it.
 *
 * @throws EvidaError EMBEDDED_START, which names the path
 */
export async function requireAccess(user: SystemUser, program: string, directory: string): Promise<void> {
  for (const path of [program, directory]) {
    try {
      await run('/bin/sh', ['-c', 'test -x "$0"', path], { uid: user.uid, gid: user.gid, cwd: '/' });
    } catch {
      throw new EvidaError('EMBEDDED_START', {
        operation: 'starting Postgres as the user postgres, as it does not run as root',
        problem: `the user postgres cannot reach ${path}`,
        hint: 'move the checkout or the data directory out of the private directory, or run as an ordinary user',
      });
    }
  }
}
