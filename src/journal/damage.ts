import { basename, dirname, join } from 'node:path';
import type { Log } from '../log.ts';
import { close, codeOf, dataSync, open, readAll, rename, unlinkIfThere, withFile, writeAll } from './disk.ts';
import { sequenceName } from './segment.ts';

/** A part of the log that could not be used. */
export interface Damage {
  /** The segment. */
  readonly file: string;
  readonly offset: number;
  /** 0 if the bytes themselves are gone. */
  readonly bytes: number;
  /** `torn`: the end of the log, which no acknowledgement was given for; cut off. */
  readonly kind: 'torn' | 'damaged' | 'missing';
  /** What is lost, by the sequences of its neighbours; nothing if `firstSequence > lastSequence`. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** It was said at an earlier start. */
  readonly known: boolean;
}

/** Damage, before it is known whether it is news. */
export type Found = Omit<Damage, 'known'>;

const CHUNK_BYTES = 1024 * 1024;

/**
 * Says what is damaged, and keeps its bytes beside the segment for as long as the segment is kept. What lies there
 * already was said before.
 *
 * @param fd the segment, open for reading, unless all is missing
 */
export async function reportDamage(found: Found, fd: number | undefined, log: Log): Promise<Damage> {
  const { kind, ...facts } = found;
  const aside = asidePath(found);
  const known = kind !== 'torn' && (await exists(aside));
  if (!known) {
    const kept = await keepAside(found, fd, aside).catch((error: unknown) => {
      log.warn({ err: error, aside }, 'damaged bytes of the log could not be set aside');
      return false;
    });
    log.warn({ ...facts, ...(kept && { aside }) }, MEANING[kind]);
  }
  return { ...found, known };
}

const MEANING = {
  torn: 'the end of the log was torn, by a crash or a power cut: it was cut off',
  damaged: 'the log is damaged: what lies there is lost, the rest is used',
  missing: 'records of the log are missing: the rest is used',
} as const satisfies Record<Damage['kind'], string>;

function asidePath({ kind, file, offset, firstSequence }: Found): string {
  if (kind === 'torn') return `${file}.torn`;
  if (kind === 'damaged') return `${file}@${offset}.damaged`;
  return join(dirname(file), `${sequenceName(firstSequence)}.missing`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await close(await open(path, 'r'));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** @returns whether there is anything to look at: an end that is nothing but zeros is a file that grew before its content did */
async function keepAside(found: Found, fd: number | undefined, aside: string): Promise<boolean> {
  const unfinished = `${aside}.new`;
  const somethingInIt = await withFile(unfinished, 'w', async (target) => {
    const something =
      fd === undefined || found.kind === 'missing'
        ? await note(found, target)
        : await copy(fd, target, found.offset, found.bytes);
    await dataSync(target);
    return something;
  });
  if (somethingInIt || found.kind !== 'torn') await rename(unfinished, aside);
  else await unlinkIfThere(unfinished);
  return somethingInIt;
}

/** Gaps have no bytes: what is known of them is kept. */
async function note({ firstSequence, lastSequence, file }: Found, target: number): Promise<boolean> {
  const text = Buffer.from(`${JSON.stringify({ firstSequence, lastSequence, before: basename(file) })}\n`);
  await writeAll(target, text, text.length, 0);
  return true;
}

async function copy(fd: number, target: number, from: number, bytes: number): Promise<boolean> {
  const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, bytes));
  let something = false;
  for (let done = 0; done < bytes; ) {
    const count = await readAll(fd, chunk, 0, Math.min(chunk.length, bytes - done), from + done);
    if (count === 0) break;
    something ||= chunk.subarray(0, count).some((byte) => byte !== 0);
    await writeAll(target, chunk, count, done);
    done += count;
  }
  return something;
}
