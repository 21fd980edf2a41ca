import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EvidaError } from '../../errors.ts';
import { isAlive, until } from '../until.ts';

const LET_GO_MS = 10_000;

/**
 * Makes way for a new server where the last one was killed: waits until it is gone, and removes its
 * postmaster.pid, whose number may belong to another program by now, which Postgres would take for its predecessor.
 *
 * @throws EvidaError DIRECTORY_IN_USE if a server still runs there after 10 s
 */
export async function makeWay(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!(pid > 0)) return;
  if ((await mayServe(pid, data)) && !(await until(() => !isAlive(pid), LET_GO_MS))) {
    throw new EvidaError('DIRECTORY_IN_USE', {
      operation: `starting Postgres in ${data}`,
      problem: `the Postgres with process id ${pid} runs there`,
      hint: 'stop that process, or choose another directory',
    });
  }
  await rm(pidFile, { force: true });
}

/** A Postgres works in its data directory. Where that cannot be seen, it counts as one. */
async function mayServe(pid: number, data: string): Promise<boolean> {
  const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return workingDirectory === undefined || workingDirectory === (await realpath(data));
}
