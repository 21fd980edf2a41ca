import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EvidaError } from '../errors.ts';
import { codeOf, makeDirectory, refusedByDisk } from './disk.ts';
import { hangOut, type LifeLine } from './life-line.ts';
import { type Holder, isGone, readHolder, thisMachine } from './lock-holder.ts';

/** A directory that is this process's alone. */
export interface DirectoryLock {
  /** Aborted if another process has taken it, because this one or its machine stood still: stop at once. */
  readonly lost: AbortSignal;
  /** Calling it twice is harmless. */
  release(): Promise<void>;
}

/** Less would wake sleeping machines for nothing; more would make others wait. */
const BEAT_MS = 2000;
const PATIENCE_MS = 1000;
const LOOK_EVERY_MS = 50;

/**
 * Takes a directory for this process alone (it is made if missing), among all that can reach it: other processes,
 * other containers, other machines. Of the same kernel, a process that has died is found dead at once; of another,
 * when its heartbeat stays away for some seconds.
 *
 * @param what told to those who are refused: "evida run"
 * @throws EvidaError DIRECTORY_IN_USE, which names who has it
 * @throws EvidaError JOURNAL_REFUSED if the disk refuses
 */
export async function lockDirectory(
  directory: string,
  what: string,
  { beatMs = BEAT_MS, machine = thisMachine() } = {},
): Promise<DirectoryLock> {
  const token = randomBytes(6).toString('hex');
  const lifeLineName = `lock-${token}.sock`;
  const path = join(directory, 'lock');
  let lifeLine: LifeLine | undefined;
  try {
    await makeDirectory(directory);
    // Before the lock is there for others to judge.
    lifeLine = await hangOut(directory, lifeLineName);
    const mine: Holder = {
      token,
      machine,
      ...(lifeLine && { lifeLine: lifeLineName }),
      what,
      pid: process.pid,
      host: hostname(),
      since: new Date().toISOString(),
    };
    const other = await claimPatiently(path, mine, beatMs);
    if (other === undefined) return new HeldLock(path, token, lifeLine, beatMs);
    throw inUse(directory, what, other);
  } catch (error) {
    await lifeLine?.close();
    if (codeOf(error) === undefined || error instanceof EvidaError) throw error;
    throw refusedByDisk(`taking ${directory} for ${what}`, error);
  }
}

class HeldLock implements DirectoryLock {
  readonly #path: string;
  readonly #token: string;
  readonly #lifeLine: LifeLine | undefined;
  readonly #lost = new AbortController();
  readonly #beating: NodeJS.Timeout;
  #released: Promise<void> | undefined;

  constructor(path: string, token: string, lifeLine: LifeLine | undefined, beatMs: number) {
    this.#path = path;
    this.#token = token;
    this.#lifeLine = lifeLine;
    this.#beating = setInterval(() => void this.#beat(), beatMs).unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    clearInterval(this.#beating);
    // Where it cannot be removed, the end of the life line says the same.
    if (await this.#isMine().catch(() => false)) await rm(this.#path, { force: true }).catch(() => undefined);
    await this.#lifeLine?.close();
  }

  async #beat(): Promise<void> {
    try {
      if (await this.#isMine()) await utimes(this.#path, new Date(), new Date());
      else this.#lost.abort();
    } catch {
      // A disk that refuses is somebody else's to say; nobody can take the lock on it either.
    }
  }

  /** Also if it was removed: then nobody has taken it. */
  async #isMine(): Promise<boolean> {
    const holder = await readHolder(this.#path);
    return holder === undefined || holder.token === this.#token;
  }
}

/** A process that was killed holds its life line until the disk has answered its last call. */
async function claimPatiently(path: string, mine: Holder, beatMs: number): Promise<Holder | undefined> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const other = await claim(path, mine, beatMs);
    if (other === undefined || performance.now() >= deadline) return other;
    await delay(LOOK_EVERY_MS);
  }
}

/**
 * Takes a lock, also from one who is gone.
 * @returns who has it, if it is somebody else
 */
async function claim(path: string, mine: Holder, beatMs: number): Promise<Holder | undefined> {
  for (;;) {
    if (await create(path, mine)) return undefined;
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    if (!(await isGone(path, holder, beatMs))) {
      if ((await readHolder(path))?.token === holder.token) return holder;
      continue;
    }
    // Several may have found the same one gone. To replace it is the right of one: a lock like this one.
    const right = `${path}.${holder.token}`;
    const other = await claim(right, mine, beatMs);
    if (other !== undefined) return other;
    try {
      if ((await readHolder(path))?.token !== holder.token) continue;
      await replace(path, mine);
      if (holder.lifeLine !== undefined) await rm(join(dirname(path), holder.lifeLine), { force: true });
      return undefined;
    } finally {
      await rm(right, { force: true });
    }
  }
}

/** @returns false if there is one already. Others see it whole or not at all */
async function create(path: string, mine: Holder): Promise<boolean> {
  const whole = await write(path, mine);
  try {
    await link(whole, path).catch(async (error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error;
      // Not every file system has links.
      await copyFile(whole, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(whole, { force: true });
  }
}

async function replace(path: string, mine: Holder): Promise<void> {
  await rename(await write(path, mine), path);
}

async function write(path: string, mine: Holder): Promise<string> {
  const whole = `${path}.${mine.token}.new`;
  await writeFile(whole, JSON.stringify(mine), { mode: 0o600 });
  return whole;
}

function inUse(directory: string, what: string, { what: theirs, pid, host, since }: Holder): EvidaError {
  return new EvidaError('DIRECTORY_IN_USE', {
    operation: `taking ${directory} for ${what}`,
    problem: `it is in use by ${theirs}, process ${pid} on ${host}, since ${since}`,
    hint: 'Stop that process, or give this one a DATA_DIR of its own.',
  });
}
