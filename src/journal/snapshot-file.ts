import { join } from 'node:path';
import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { crc32c } from './crc32c.ts';
import {
  codeOf,
  dataSync,
  makeDirectory,
  namesIn,
  refusedByDisk,
  rename,
  syncDirectory,
  unlinkIfThere,
  withFile,
  writeAll,
} from './disk.ts';
import { readLines } from './read-lines.ts';
import { newerFormat, sequenceName } from './segment.ts';

/** A state, as lines of text, and up to which record of the log it goes. */
export interface Snapshot {
  readonly sequence: number;
  /** Can be read once. */
  readonly lines: AsyncIterable<string>;
}

/*
 * The file: a line that says what it is, the lines of the state, a line with their number and the CRC32C of
 * everything before it. The first line carries a check of its own: a bit that fell over in it must not pass for a
 * later format, which is refused.
 */
const FORMAT = 1;
const headerSchema = z.object({ format: z.int(), sequence: z.int(), check: z.int() });
const trailerSchema = z.strictObject({ lines: z.int().nonnegative(), crc32c: z.int().nonnegative() });

const NAME = /^snapshot-(\d{16})\.jsonl$/;
/** So much is gathered for one write. */
const PART_BYTES = 256 * 1024;

/**
 * Writes a snapshot. It is on the disk when this resolves, and those before it are gone: until then, they are kept.
 * The log must be committed up to where the lines belong before the last of them is given.
 *
 * @param lines without line ends
 * @throws whatever giving the lines throws; EvidaError JOURNAL_REFUSED if the disk refuses. Nothing is left of it then
 */
export async function writeSnapshot(
  directory: string,
  sequence: number,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<{ readonly bytes: number }> {
  const path = join(directory, `snapshot-${sequenceName(sequence)}.jsonl`);
  const unfinished = `${path}.new`;
  try {
    await makeDirectory(directory);
    const bytes = await withFile(unfinished, 'w', (fd) => writeLines(fd, sequence, lines));
    await rename(unfinished, path);
    await syncDirectory(directory);
    await removeOthers(directory, sequence);
    return { bytes };
  } catch (error) {
    await unlinkIfThere(unfinished).catch(() => undefined);
    if (codeOf(error) === undefined || error instanceof EvidaError) throw error;
    throw refusedByDisk(`writing ${path}`, error);
  }
}

async function writeLines(
  fd: number,
  sequence: number,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<number> {
  let text = `${JSON.stringify({ format: FORMAT, sequence, check: checkOf(FORMAT, sequence) })}\n`;
  let count = 0;
  let crc = 0;
  let position = 0;
  const flush = async () => {
    const bytes = Buffer.from(text);
    text = '';
    crc = crc32c(bytes, 0, bytes.length, crc);
    await writeAll(fd, bytes, bytes.length, position);
    position += bytes.length;
  };
  for await (const line of lines) {
    text += `${line}\n`;
    count += 1;
    if (text.length >= PART_BYTES) await flush();
  }
  await flush();
  text = `${JSON.stringify({ lines: count, crc32c: crc } satisfies z.input<typeof trailerSchema>)}\n`;
  await flush();
  await dataSync(fd);
  return position;
}

async function removeOthers(directory: string, sequence: number): Promise<void> {
  for (const { name, sequence: other } of await listSnapshots(directory)) {
    if (other !== sequence) await unlinkIfThere(join(directory, name));
  }
}

/** The newest last. */
async function listSnapshots(directory: string): Promise<{ name: string; sequence: number }[]> {
  const names = await namesIn(directory);
  return names.flatMap((name) => {
    const sequence = NAME.exec(name)?.[1];
    return sequence === undefined ? [] : [{ name, sequence: Number(sequence) }];
  });
}

/**
 * The newest snapshot that is whole. One that is not is set aside and said, and the one before it is tried.
 *
 * @throws EvidaError JOURNAL_FORMAT if a later version has written it; JOURNAL_REFUSED if the disk cannot be read
 */
export async function openSnapshot(directory: string, log: Log): Promise<Snapshot | undefined> {
  try {
    await makeDirectory(directory);
    for (const { name, sequence } of (await listSnapshots(directory)).reverse()) {
      const path = join(directory, name);
      const problem = await findProblem(path, sequence);
      if (problem === undefined) return { sequence, lines: readState(path) };
      const aside = `${path}.damaged`;
      log.error(
        { file: path, aside, problem },
        'a snapshot is damaged: it is set aside, and the log is read instead',
      );
      await rename(path, aside).catch((error: unknown) =>
        log.error({ err: error }, `${path} cannot be set aside`),
      );
    }
    return undefined;
  } catch (error) {
    if (codeOf(error) === undefined || error instanceof EvidaError) throw error;
    throw refusedByDisk(`reading the snapshots in ${directory}`, error);
  }
}

/** Reads all of it, before anything of it is used. */
async function findProblem(path: string, sequence: number): Promise<string | undefined> {
  let crc = 0;
  let count = -1;
  let last: Buffer | undefined;
  for await (const line of readLines(path)) {
    // A line is checked when the next one shows that it is not the last.
    if (last !== undefined) {
      if (count === -1 && !isHeader(path, last.toString(), sequence))
        return 'it does not begin as a snapshot does';
      crc = crc32c(last, 0, last.length, crc);
      crc = crc32c(LINE_END, 0, 1, crc);
      count += 1;
    }
    last = line;
  }
  const trailer = trailerSchema.safeParse(parse(last?.toString() ?? ''));
  if (!trailer.success) return 'it breaks off';
  return trailer.data.lines === count && trailer.data.crc32c === crc ? undefined : 'its checksum is wrong';
}

const LINE_END = Buffer.from('\n');

/** @throws EvidaError JOURNAL_FORMAT */
function isHeader(path: string, line: string, sequence: number): boolean {
  const header = headerSchema.safeParse(parse(line));
  if (!header.success || header.data.check !== checkOf(header.data.format, header.data.sequence))
    return false;
  if (header.data.format > FORMAT) throw newerFormat(path, header.data.format, FORMAT);
  return header.data.sequence === sequence;
}

function checkOf(format: number, sequence: number): number {
  return crc32c(Buffer.from(`snapshot ${format} ${sequence}`));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** All lines but the first and the last. */
async function* readState(path: string): AsyncGenerator<string> {
  let isFirst = true;
  let last: Buffer | undefined;
  for await (const line of readLines(path)) {
    if (last !== undefined && !isFirst) yield last.toString();
    if (last !== undefined) isFirst = false;
    last = line;
  }
}
