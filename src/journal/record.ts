import { EvidaError } from '../errors.ts';
import { crc32c } from './crc32c.ts';
import { controlSchema, type JournalEntry, type JournalKind, type JournalMessage } from './entry.ts';
import type { PendingBuffer } from './pending-buffer.ts';

/**
 * A record, little-endian: length u32 and CRC32C u32 of what follows; sequence u48, type u8, body.
 *
 * - message: receivedAt u48, packetId u16, flags u8, length of the topic u16, topic, payload
 * - point: the line
 * - control: JSON
 */
const LENGTH_AT = 0;
const CRC_AT = 4;
const SEQUENCE_AT = 8;
const TYPE_AT = 14;
const BODY_AT = 15;
/** Bytes of a record before its body. */
export const RECORD_HEADER_BYTES = BODY_AT;

/** The largest body that is taken: the payload of the largest message that Evida asks a broker for, and some. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** The largest record. */
const MAX_RECORD_BYTES = BODY_AT + MAX_BODY_BYTES;
const MIN_LENGTH = BODY_AT - SEQUENCE_AT;

const TYPES = { message: 1, point: 2, control: 3 } as const satisfies Record<JournalKind, number>;
const MESSAGE_FIXED_BYTES = 11;
const RETAINED = 1;
const RESUMED = 2;
const BACKLOG = 4;

const TWO_TO_32 = 2 ** 32;
/** Up to this length, JavaScript writes ASCII faster than the call that would. */
const SHORT_TEXT = 24;

/**
 * Appends a record to what is pending.
 * @throws EvidaError JOURNAL_RECORD if it is larger than a record may be; nothing is appended then
 */
export function encodeRecord(pending: PendingBuffer, sequence: number, entry: JournalEntry): void {
  const text = entry.kind === 'message' ? entry.topic : textOf(entry);
  const payloadBytes = entry.kind === 'message' ? MESSAGE_FIXED_BYTES + entry.payload.length : 0;
  // Before room is made for it: it may be a hundred times as large.
  if (payloadBytes + text.length > MAX_BODY_BYTES) throw tooLarge(entry.kind, payloadBytes + text.length);
  // UTF-8 needs at most three bytes for what is one unit of a string.
  const start = pending.reserve(BODY_AT + payloadBytes + 3 * text.length);
  const bytes = pending.bytes;
  const end =
    entry.kind === 'message'
      ? encodeMessage(bytes, start + BODY_AT, entry)
      : writeText(bytes, start + BODY_AT, text);
  if (end - start > MAX_RECORD_BYTES) throw tooLarge(entry.kind, end - start - BODY_AT);
  writeU32(bytes, start + LENGTH_AT, end - start - SEQUENCE_AT);
  writeU48(bytes, start + SEQUENCE_AT, sequence);
  bytes[start + TYPE_AT] = TYPES[entry.kind];
  writeU32(bytes, start + CRC_AT, crc32c(bytes, start + SEQUENCE_AT, end));
  pending.take(end);
}

function textOf(entry: Exclude<JournalEntry, JournalMessage>): string {
  return entry.kind === 'point' ? entry.line : JSON.stringify(entry.control);
}

function tooLarge(kind: JournalKind, bytes: number): EvidaError {
  return new EvidaError('JOURNAL_RECORD', {
    operation: `taking a ${kind} into the log`,
    problem: `its ${bytes} bytes are more than the ${MAX_BODY_BYTES} that a record holds`,
  });
}

function encodeMessage(bytes: Buffer, at: number, message: JournalMessage): number {
  const topicAt = at + MESSAGE_FIXED_BYTES;
  const payloadAt = writeText(bytes, topicAt, message.topic);
  const topicBytes = payloadAt - topicAt;
  if (topicBytes > 0xffff) throw tooLarge('message', topicBytes);
  writeU48(bytes, at, message.receivedAt);
  writeU16(bytes, at + 6, message.packetId);
  bytes[at + 8] =
    (message.retained ? RETAINED : 0) | (message.resumed ? RESUMED : 0) | (message.backlog ? BACKLOG : 0);
  writeU16(bytes, at + 9, topicBytes);
  bytes.set(message.payload, payloadAt);
  return payloadAt + message.payload.length;
}

/** @returns where the text ends */
function writeText(bytes: Buffer, at: number, text: string): number {
  if (text.length > SHORT_TEXT) return at + bytes.write(text, at);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return at + bytes.write(text, at);
    bytes[at + index] = unit;
  }
  return at + text.length;
}

/** The length of the record at `start` with its header, in bytes; undefined if no record is that long or short. */
export function recordBytes(bytes: Buffer, start: number): number | undefined {
  const length = readU32(bytes, start + LENGTH_AT);
  return length < MIN_LENGTH || length > MIN_LENGTH + MAX_BODY_BYTES ? undefined : SEQUENCE_AT + length;
}

/** Whether the record in `bytes[start, end)` is as it was written. */
export function isIntact(bytes: Buffer, start: number, end: number): boolean {
  return readU32(bytes, start + CRC_AT) === crc32c(bytes, start + SEQUENCE_AT, end);
}

/** The sequence of the record at `start`. */
export function sequenceOf(bytes: Buffer, start: number): number {
  return readU48(bytes, start + SEQUENCE_AT);
}

/** The kind of the record at `start`; undefined if there is no such kind. */
export function kindOf(bytes: Buffer, start: number): JournalKind | undefined {
  switch (bytes[start + TYPE_AT]) {
    case TYPES.message:
      return 'message';
    case TYPES.point:
      return 'point';
    case TYPES.control:
      return 'control';
    default:
      return undefined;
  }
}

/** The entry of the record in `bytes[start, end)`, its payload a view of them; undefined if its body is none. */
export function decodeEntry(bytes: Buffer, start: number, end: number): JournalEntry | undefined {
  const kind = kindOf(bytes, start);
  const at = start + BODY_AT;
  if (kind === 'message') return decodeMessage(bytes, at, end);
  if (kind === 'point') return { kind, line: bytes.toString('utf8', at, end) };
  if (kind === 'control') return decodeControl(bytes.toString('utf8', at, end));
  return undefined;
}

/** When the message in `bytes[start, end)` was received, without decoding the rest of it. */
export function receivedAtOf(bytes: Buffer, start: number): number {
  return readU48(bytes, start + BODY_AT);
}

function decodeMessage(bytes: Buffer, at: number, end: number): JournalMessage | undefined {
  const topicAt = at + MESSAGE_FIXED_BYTES;
  if (topicAt > end) return undefined;
  const payloadAt = topicAt + readU16(bytes, at + 9);
  if (payloadAt > end) return undefined;
  const flags = bytes[at + 8] ?? 0;
  return {
    kind: 'message',
    receivedAt: readU48(bytes, at),
    packetId: readU16(bytes, at + 6),
    retained: (flags & RETAINED) !== 0,
    resumed: (flags & RESUMED) !== 0,
    backlog: (flags & BACKLOG) !== 0,
    topic: bytes.toString('utf8', topicAt, payloadAt),
    payload: bytes.subarray(payloadAt, end),
  };
}

function decodeControl(json: string): JournalEntry | undefined {
  try {
    return { kind: 'control', control: controlSchema.parse(JSON.parse(json)) };
  } catch {
    return undefined;
  }
}

function writeU16(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

function writeU32(bytes: Buffer, at: number, value: number): void {
  writeU16(bytes, at, value);
  writeU16(bytes, at + 2, value >>> 16);
}

function writeU48(bytes: Buffer, at: number, value: number): void {
  writeU32(bytes, at, value);
  writeU16(bytes, at + 4, value / TWO_TO_32);
}

function readU16(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function readU32(bytes: Buffer, at: number): number {
  return (readU16(bytes, at) | (readU16(bytes, at + 2) << 16)) >>> 0;
}

function readU48(bytes: Buffer, at: number): number {
  return readU32(bytes, at) + readU16(bytes, at + 4) * TWO_TO_32;
}
