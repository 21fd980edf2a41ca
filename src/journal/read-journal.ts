import { close, codeOf, fileStatus, open } from './disk.ts';
import { type JournalRecord, timeOf } from './entry.ts';
import { decodeEntry } from './record.ts';
import { SegmentScanner } from './scan-segment.ts';
import { hasHeader, listSegments, SEGMENT_HEADER_BYTES, type SegmentFile } from './segment.ts';

/** Milliseconds since 1970; both ends belong to it. */
interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/** About so much is read before it is given. */
const PART_BYTES = 1024 * 1024;

/**
 * The records of a log in order, some at a time, for those who only look at it, also while a process appends to it:
 * what is there by now and whole. Records that carry no time belong to the one before them. What is damaged is
 * passed over. Payloads are views: keep copies of them, if any.
 *
 * @throws EvidaError JOURNAL_FORMAT if a later version has written it; the error of a system call
 */
export async function* readJournal(
  directory: string,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: TimeRange = {},
): AsyncGenerator<readonly JournalRecord[]> {
  const files = await listSegments(directory);
  let time = Number.NEGATIVE_INFINITY;
  for (let index = await firstToRead(files, from); index < files.length; index++) {
    const file = files[index];
    if (file === undefined || ((await timeAtStart(file)) ?? time) > to) return;
    for await (const records of readSegment(file, files[index + 1]?.first)) {
      const wanted = records.filter(({ entry }) => {
        time = timeOf(entry) ?? time;
        return time >= from && time <= to;
      });
      if (wanted.length > 0) yield wanted;
    }
  }
}

/** The index of the last segment that begins before a time: those before it hold nothing later. */
async function firstToRead(files: readonly SegmentFile[], from: number): Promise<number> {
  for (let index = files.length - 1; index > 0; index--) {
    const file = files[index];
    const time = file && (await timeAtStart(file));
    if (time !== undefined && time < from) return index;
  }
  return 0;
}

/** The first time that a segment carries. */
async function timeAtStart(file: SegmentFile): Promise<number | undefined> {
  for await (const records of readSegment(file, undefined)) {
    for (const { entry } of records) {
      const time = timeOf(entry);
      if (time !== undefined) return time;
    }
  }
  return undefined;
}

async function* readSegment(
  { path, first }: SegmentFile,
  before: number | undefined,
): AsyncGenerator<readonly JournalRecord[]> {
  const fd = await openIfThere(path);
  // The process that owns the log has deleted it since.
  if (fd === undefined) return;
  try {
    const start = (await hasHeader(fd, path)) ? SEGMENT_HEADER_BYTES : 0;
    const { size } = await fileStatus(fd);
    const scanner = new SegmentScanner(fd, { start, after: first - 1, before });
    for (let isOver = false; !isOver; ) {
      const records: JournalRecord[] = [];
      const until = scanner.offset + PART_BYTES;
      isOver = await scanner.scan(size, (bytes, from, to, sequence) => {
        const entry = decodeEntry(bytes, from, to);
        if (entry !== undefined) records.push({ sequence, entry });
        return scanner.offset < until;
      });
      if (records.length > 0) yield records;
    }
  } finally {
    await close(fd);
  }
}

async function openIfThere(path: string): Promise<number | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
