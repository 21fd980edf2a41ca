import { join } from 'node:path';
import { EvidaError } from '../errors.ts';
import { crc32c } from './crc32c.ts';
import { namesIn, readAll } from './disk.ts';

/**
 * A segment is a file named by the sequence of its first record: a header of 16 bytes (eight of magic, format u32,
 * CRC32C u32 of these twelve), then records one behind the other.
 */
export const SEGMENT_HEADER_BYTES = 16;
const MAGIC = Buffer.from('EVIDALOG');
const FORMAT = 1;
const CRC_AT = 12;
const NUMBER = /^\d{16}(?=[.@])/;
const NAME = /^(\d{16})\.log$/;

/** A segment of the log, as far as it is committed. */
export interface Segment {
  readonly path: string;
  /** The sequence of its first record, whether or not it has one. */
  readonly first: number;
  /** The sequence of its last record; `first - 1` if there is none. */
  last: number;
  /** Where its records start: behind the header, or 0 where that is damaged. */
  readonly start: number;
  /** Where they end. */
  bytes: number;
  /** When its last record was written, in ms. */
  newestAt: number;
}

/** A segment by its name alone. */
export type SegmentFile = Pick<Segment, 'path' | 'first'>;

/** A sequence in file names: their order is that of the sequences. */
export function sequenceName(sequence: number): string {
  return String(sequence).padStart(16, '0');
}

export function segmentPath(directory: string, first: number): string {
  return join(directory, `${sequenceName(first)}.log`);
}

/** The segments of a directory, in order. */
export async function listSegments(directory: string): Promise<SegmentFile[]> {
  const found = [];
  for (const name of await namesIn(directory)) {
    const first = Number(NAME.exec(name)?.[1]);
    if (Number.isSafeInteger(first)) found.push({ path: join(directory, name), first });
  }
  return found;
}

/** Everything that is named by a sequence before this one, segments or what was set aside of them; in order. */
export async function listBefore(directory: string, sequence: number): Promise<string[]> {
  const names = await namesIn(directory);
  return names
    .filter((name) => Number(NUMBER.exec(name)?.[0]) < sequence)
    .map((name) => join(directory, name));
}

export function segmentHeader(): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(FORMAT, MAGIC.length);
  header.writeUInt32LE(crc32c(header, 0, CRC_AT), CRC_AT);
  return header;
}

/**
 * Whether the file begins as a segment does.
 * @throws EvidaError JOURNAL_FORMAT if it is one of a format to come; bits that fell over are not taken for that
 */
export async function hasHeader(fd: number, path: string): Promise<boolean> {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  await readAll(fd, header, 0, SEGMENT_HEADER_BYTES, 0);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return false;
  if (header.readUInt32LE(CRC_AT) !== crc32c(header, 0, CRC_AT)) return false;
  const format = header.readUInt32LE(MAGIC.length);
  if (format > FORMAT) throw newerFormat(path, format, FORMAT);
  return true;
}

/** The error for a file that a later version has written. */
export function newerFormat(path: string, format: number, known: number): EvidaError {
  return new EvidaError('JOURNAL_FORMAT', {
    operation: `reading ${path}`,
    problem: `it has format ${format}, this version of Evida knows ${known}`,
    hint: 'Run the version of Evida that wrote it, or a later one; nothing was changed.',
  });
}
