import { decodeNumber } from './decode-number.ts';
import { decodePlainPayload } from './decode-plain-payload.ts';
import { DASH, digitAt, endOfField } from './payload-bytes.ts';
import {
  BOX_INDEX,
  METER_INDEX,
  type Quantity,
  type Reading,
  type Rejection,
  type RejectionReason,
  readingOf,
} from './reading.ts';
import { isInRange, isKnownIndex } from './value-range.ts';

/** A payload has at most eleven pairs; what is longer than this is not of a box. */
const MAX_PAYLOAD_BYTES = 4096;
const NONE: readonly Rejection[] = [];

/** Values and rejections of one payload, in its order. */
export interface Payload {
  readonly values: readonly Reading[];
  readonly rejections: readonly Rejection[];
}

/** One that is being decoded. */
interface Draft {
  readonly values: Reading[];
  readonly rejections: Rejection[];
}

/** The bytes of one comma-separated field without the spaces, tabs, CR and LF around it. */
interface Field {
  readonly start: number;
  readonly end: number;
}

/** Decodes a payload of `quantity` strictly, pair by pair: the good ones are used, the others rejected with a reason. */
export function decodePayload(quantity: Quantity, bytes: Uint8Array): Payload {
  const plain = decodePlainPayload(quantity, bytes);
  return plain === undefined ? decodeClosely(quantity, bytes) : { values: plain, rejections: NONE };
}

function decodeClosely(quantity: Quantity, bytes: Uint8Array): Payload {
  const payload: Draft = { values: [], rejections: [] };
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    reject(payload, 'too-long', bytes, { start: 0, end: bytes.length });
    return payload;
  }
  switch (quantity) {
    case 'voltage':
      decodeVoltage(bytes, payload);
      break;
    case 'meter':
      decodeMeter(bytes, payload);
      break;
    case 'command':
      decodeCommand(bytes, payload);
      break;
    default:
      decodePairs(quantity, bytes, payload);
  }
  if (payload.values.length === 0 && payload.rejections.length === 0) {
    reject(payload, 'empty', bytes, { start: 0, end: bytes.length });
  }
  return payload;
}

function decodePairs(quantity: Quantity, bytes: Uint8Array, payload: Draft): void {
  let seen = 0;
  let repeated = 0;
  let start = skipBom(bytes);
  while (start <= bytes.length) {
    const comma = endOfField(bytes, start);
    const field = trim(bytes, start, comma);
    start = comma + 1;
    if (field.start === field.end) continue;
    const dash = bytes.indexOf(DASH, field.start);
    if (dash < 0 || dash >= field.end) {
      reject(payload, 'malformed', bytes, field);
      continue;
    }
    const index = decodeIndex(bytes, trim(bytes, field.start, dash));
    if (index < 0 || !isKnownIndex(quantity, index)) {
      reject(payload, 'unknown-index', bytes, field);
      continue;
    }
    repeated |= seen & (1 << index);
    seen |= 1 << index;
    const text = trim(bytes, dash + 1, field.end);
    const value = decodeNumber(bytes, text.start, text.end);
    if (Number.isNaN(value)) reject(payload, 'not-a-number', bytes, field);
    else if (!isInRange(quantity, index, value)) reject(payload, 'out-of-range', bytes, field);
    else payload.values.push(readingOf(index, value));
  }
  if (repeated !== 0) rejectRepeated(payload, repeated);
}

/** Which of several values of one index is right cannot be known: none is used. */
function rejectRepeated(payload: Draft, repeated: number): void {
  const kept = payload.values.filter(({ index }) => (repeated & (1 << index)) === 0);
  for (const { index, value } of payload.values) {
    if ((repeated & (1 << index)) !== 0)
      payload.rejections.push({ reason: 'repeated-index', text: `${index}-${value}` });
  }
  payload.values.splice(0, payload.values.length, ...kept);
}

/** `x-230`: what stands before the dash is ignored. */
function decodeVoltage(bytes: Uint8Array, payload: Draft): void {
  for (const field of fieldsOf(bytes)) {
    const dash = bytes.indexOf(DASH, field.start);
    if (dash < 0 || dash >= field.end || payload.values.length > 0) {
      reject(payload, 'malformed', bytes, field);
      continue;
    }
    const text = trim(bytes, dash + 1, field.end);
    addNumber(payload, bytes, text, 'voltage', BOX_INDEX);
  }
}

/** First field V, second A, last kWh; what is between is ignored. */
function decodeMeter(bytes: Uint8Array, payload: Draft): void {
  const fields = fieldsOf(bytes, true);
  while (fields.length > 0 && isEmpty(fields.at(-1))) fields.pop();
  const [voltage, current] = fields;
  const energy = fields.at(-1);
  if (voltage === undefined) return;
  if (fields.length < 3 || current === undefined || energy === undefined) {
    reject(payload, 'malformed', bytes, { start: 0, end: bytes.length });
    return;
  }
  addNumber(payload, bytes, voltage, 'meter', METER_INDEX.voltage);
  addNumber(payload, bytes, current, 'meter', METER_INDEX.current);
  addNumber(payload, bytes, energy, 'meter', METER_INDEX.energy);
}

/** Three characters: anything, the outlet's digit, the command's digit. */
function decodeCommand(bytes: Uint8Array, payload: Draft): void {
  const whole = trim(bytes, skipBom(bytes), bytes.length);
  if (whole.start === whole.end) return;
  const outlet = digitAt(bytes, whole.end - 2);
  const command = digitAt(bytes, whole.end - 1);
  const characters = new TextDecoder().decode(bytes.subarray(whole.start, whole.end));
  if ([...characters].length !== 3 || outlet < 0 || command < 0) reject(payload, 'malformed', bytes, whole);
  else payload.values.push(readingOf(outlet, command));
}

function addNumber(
  payload: Draft,
  bytes: Uint8Array,
  { start, end }: Field,
  quantity: Quantity,
  index: number,
): void {
  const value = decodeNumber(bytes, start, end);
  if (Number.isNaN(value)) reject(payload, 'not-a-number', bytes, { start, end });
  else if (!isInRange(quantity, index, value)) reject(payload, 'out-of-range', bytes, { start, end });
  else payload.values.push(readingOf(index, value));
}

function reject(payload: Draft, reason: RejectionReason, bytes: Uint8Array, { start, end }: Field): void {
  payload.rejections.push({
    reason,
    text: new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 64))),
  });
}

/** 0..10, or -1. */
function decodeIndex(bytes: Uint8Array, { start, end }: Field): number {
  if (end - start === 1) return digitAt(bytes, start);
  return end - start === 2 && digitAt(bytes, start) === 1 && digitAt(bytes, start + 1) === 0 ? BOX_INDEX : -1;
}

function fieldsOf(bytes: Uint8Array, keepEmpty = false): Field[] {
  const fields: Field[] = [];
  for (let start = skipBom(bytes); start <= bytes.length; ) {
    const end = endOfField(bytes, start);
    const field = trim(bytes, start, end);
    if (keepEmpty || !isEmpty(field)) fields.push(field);
    start = end + 1;
  }
  return fields;
}

function isEmpty(field: Field | undefined): boolean {
  return field === undefined || field.start === field.end;
}

function trim(bytes: Uint8Array, from: number, to: number): Field {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return { start, end };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 13 || byte === 10;
}

/** The first byte after a UTF-8 byte order mark, if there is one. */
function skipBom(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
