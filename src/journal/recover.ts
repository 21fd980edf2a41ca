import type { Log } from '../log.ts';
import { type Damage, type Found, reportDamage } from './damage.ts';
import { codeOf, dataSync, fileStatus, syncDirectory, truncate, unlink, withFile } from './disk.ts';
import { timeOf } from './entry.ts';
import { decodeEntry, kindOf, receivedAtOf } from './record.ts';
import { SegmentScanner } from './scan-segment.ts';
import {
  hasHeader,
  listSegments,
  SEGMENT_HEADER_BYTES,
  type Segment,
  type SegmentFile,
  segmentPath,
} from './segment.ts';

/** What a log held when it was opened. */
export interface Recovered {
  /** The sequence of the oldest record; `lastSequence + 1` if there is none. */
  readonly firstSequence: number;
  /** 0 if nothing was ever written. */
  readonly lastSequence: number;
  /** Of the last record that carries a time, in ms. */
  readonly lastTime: number | undefined;
  readonly damage: readonly Damage[];
}

export interface RecoveredLog {
  /** In order; what was not usable in them is passed over. */
  readonly segments: Segment[];
  /** Whether records may be appended to the last segment. */
  readonly appendable: boolean;
  readonly recovered: Recovered;
}

/**
 * Reads a whole log. A torn end is cut off, what is damaged before it is passed over; both are said, and their
 * bytes set aside. It never gives up for what it finds.
 *
 * @param after where the log must have been at the least: if it ends before, its end is missing
 * @throws EvidaError JOURNAL_FORMAT if a later version has written one of the files; none is touched then
 * @throws the error of a system call if the disk cannot be read, or what it holds cannot be made durable
 */
export async function recover(directory: string, log: Log, after = 0): Promise<RecoveredLog> {
  const files = await listSegments(directory);
  for (const { path } of files) await withFile(path, 'r', (fd) => hasHeader(fd, path));

  const segments: Segment[] = [];
  const damage: Damage[] = [];
  let appendable = false;
  let firstSequence: number | undefined;
  let lastSequence = 0;
  let lastTime: number | undefined;
  for (const [index, file] of files.entries()) {
    await withFile(file.path, 'r', async (fd) => {
      const next = files[index + 1];
      const read = await readSegment(fd, file, next?.first);
      const { segment, size } = read;
      for (const found of [...read.found, ...damagedEnd(segment, size, next)]) {
        damage.push(await reportDamage(found, fd, log));
      }
      if (next === undefined && segment.bytes === 0) await removeEmpty(file.path, log);
      else segments.push(segment);
      if (next === undefined && segment.bytes > 0) appendable = await makeEnd(fd, segment, size, log);
      firstSequence ??= read.firstSequence;
      lastSequence = segment.last;
      lastTime = read.lastTime ?? lastTime;
    });
  }
  if (lastSequence < after) {
    const lost = { firstSequence: lastSequence + 1, lastSequence: after };
    const found = {
      kind: 'missing',
      file: segmentPath(directory, after + 1),
      offset: 0,
      bytes: 0,
      ...lost,
    } as const;
    damage.push(await reportDamage(found, undefined, log));
    appendable = false;
    lastSequence = after;
  }
  await syncDirectory(directory);
  const recovered = {
    firstSequence: firstSequence ?? lastSequence + 1,
    lastSequence,
    lastTime,
    damage,
  };
  return { segments, appendable, recovered };
}

interface ReadSegment {
  readonly segment: Segment;
  /** Of the file: what lies behind `segment.bytes` is no record. */
  readonly size: number;
  readonly found: readonly Found[];
  readonly firstSequence: number | undefined;
  readonly lastTime: number | undefined;
}

async function readSegment(
  fd: number,
  { path, first }: SegmentFile,
  before: number | undefined,
): Promise<ReadSegment> {
  const start = (await hasHeader(fd, path)) ? SEGMENT_HEADER_BYTES : 0;
  const { size, mtimeMs } = await fileStatus(fd);
  const scanner = new SegmentScanner(fd, { start, after: first - 1, before, reuse: true });
  let firstSequence: number | undefined;
  let lastTime: number | undefined;
  await scanner.scan(size, (bytes, from, to, sequence) => {
    firstSequence ??= sequence;
    lastTime = timeIn(bytes, from, to) ?? lastTime;
    return true;
  });
  return {
    segment: { path, first, last: scanner.last, start, bytes: scanner.offset, newestAt: mtimeMs },
    size,
    found: scanner.gaps.map((gap) => ({
      kind: gap.bytes === 0 ? 'missing' : 'damaged',
      file: path,
      offset: gap.offset,
      bytes: gap.bytes,
      firstSequence: gap.first,
      lastSequence: gap.last,
    })),
    firstSequence,
    lastTime,
  };
}

/** The time of a record, decoding no more of it than that takes: there are millions. */
function timeIn(bytes: Buffer, start: number, end: number): number | undefined {
  const kind = kindOf(bytes, start);
  if (kind === 'message') return receivedAtOf(bytes, start);
  const entry = kind === 'control' ? decodeEntry(bytes, start, end) : undefined;
  return entry && timeOf(entry);
}

/** What is not as it should be between the last record of a segment and the first of the next. */
function damagedEnd(segment: Segment, size: number, next: SegmentFile | undefined): readonly Found[] {
  const { path: file, bytes: offset } = segment;
  const firstSequence = segment.last + 1;
  const bytes = size - offset;
  if (next === undefined) {
    const torn = { kind: 'torn', file, offset, bytes, firstSequence, lastSequence: segment.last } as const;
    return bytes > 0 ? [torn] : [];
  }
  // Bytes that cost no record are what a refusing disk has left of a write that the next segment repeats.
  if (firstSequence >= next.first) return [];
  const lost = { firstSequence, lastSequence: next.first - 1 };
  return bytes > 0
    ? [{ kind: 'damaged', file, offset, bytes, ...lost }]
    : [{ kind: 'missing', file: next.path, offset: 0, bytes: 0, ...lost }];
}

/** A process was killed while it made this segment. */
async function removeEmpty(path: string, log: Log): Promise<void> {
  await unlink(path).catch((error: unknown) => log.warn({ err: error }, `${path} cannot be removed`));
}

/**
 * Cuts off what no record is of, and makes durable what was read: a killed process may have left it to the system.
 * @returns whether more may be appended
 */
async function makeEnd(fd: number, { path, bytes }: Segment, size: number, log: Log): Promise<boolean> {
  try {
    await withFile(path, 'r+', async (writable) => {
      if (size > bytes) await truncate(writable, bytes);
      await dataSync(writable);
    });
    return true;
  } catch (error) {
    log.warn(
      { code: codeOf(error), file: path },
      'the last segment of the log is left as it is: a new one follows',
    );
    await dataSync(fd);
    return false;
  }
}
