import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { codeOf } from './disk.ts';
import { isHeld } from './life-line.ts';

const holderSchema = z.object({
  /** Of this taking of the lock, and no other. */
  token: z.string(),
  /** The running kernel: what shares it can ask for the life line. */
  machine: z.string(),
  /** The name of the holder's socket beside the lock; absent if it could not make one. */
  lifeLine: z.string().optional(),
  what: z.string(),
  pid: z.int(),
  host: z.string(),
  since: z.string(),
});

/** Who has a lock, as its file says. */
export type Holder = Readonly<z.infer<typeof holderSchema>>;

/** A file that says nothing: its holder, if any, is known by its heartbeat alone. */
const UNKNOWN: Holder = {
  token: 'unreadable',
  machine: '',
  what: 'an unknown process',
  pid: 0,
  host: 'unknown',
  since: 'unknown',
};

/** Heartbeats that may be missed: as many as a busy process, a slow network and a coarse clock may cost. */
const BEATS_MISSED = 3;
const LOOKS_PER_BEAT = 10;

/** Names the kernel that runs this process: containers of one machine share it, and a restart of the machine changes it. */
export function thisMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return hostname();
  }
}

/** Undefined if there is no such lock. */
export async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    try {
      return holderSchema.parse(JSON.parse(text));
    } catch {
      return UNKNOWN;
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whether the holder of a lock is gone. The kernel tells if it is the same; else its heartbeat is waited for.
 *
 * @returns false also if the lock has changed hands meanwhile
 */
export async function isGone(path: string, holder: Holder, beatMs: number): Promise<boolean> {
  if (holder.machine === thisMachine() && holder.lifeLine !== undefined) {
    const held = await isHeld(dirname(path), holder.lifeLine);
    if (held !== undefined) return !held;
  }
  const lastBeat = await beatOf(path);
  for (let look = 0; look < BEATS_MISSED * LOOKS_PER_BEAT; look++) {
    if ((await readHolder(path))?.token !== holder.token) return false;
    await delay(beatMs / LOOKS_PER_BEAT);
    // Only whether it moves: the clocks of two machines do not agree.
    if ((await beatOf(path)) !== lastBeat) return false;
  }
  return true;
}

async function beatOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
