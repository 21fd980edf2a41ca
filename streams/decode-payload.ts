import { decodeNumber, MAX_DIGITS } from './decode-number.ts';
import {
  BOX_INDEX,
  METER_INDEX,
  OUTLETS_PER_BOX,
  type Quantity,
  type Reading,
  type Rejection,
  type RejectionReason,
  readingOf,
} from './reading.ts';

/** A payload has at most eleven pairs; what is longer than this is not of a box. */
const MAX_PAYLOAD_BYTES = 4096;
const COMMA = 44;
const DASH = 45;
const ZERO = 48;
const ONE = 49;

type PairQuantity = 'status' | 'current' | 'powerFactor' | 'energy';

/** Values and rejections of one payload, in its order. */
export interface Payload {
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
  const payload: Payload = { values: [], rejections: [] };
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
      if (!decodePlainPairs(quantity, bytes, payload)) decodePairs(quantity, bytes, payload);
  }
  if (payload.values.length === 0 && payload.rejections.length === 0) {
    reject(payload, 'empty', bytes, { start: 0, end: bytes.length });
  }
  return payload;
}

/**
 * Decodes a payload that is written as boxes write it, without a space or a fault, which nearly all are. False, and
 * nothing decoded, for any other: that one is looked at more closely.
 */
function decodePlainPairs(quantity: PairQuantity, bytes: Uint8Array, payload: Payload): boolean {
  const { values } = payload;
  let seen = 0;
  for (let at = 0; at < bytes.length; ) {
    const isTen = bytes[at] === ONE && bytes[at + 1] === ZERO;
    const index = isTen ? BOX_INDEX : digitAt(bytes, at);
    const dash = isTen ? at + 2 : at + 1;
    const start = dash + 1;
    let value = 0;
    let end = start;
    // Nearly all are whole numbers: read while looking for the end.
    for (let digit = digitAt(bytes, end); digit >= 0; digit = digitAt(bytes, ++end))
      value = value * 10 + digit;
    const isWhole = end > start && end - start <= MAX_DIGITS && (end >= bytes.length || bytes[end] === COMMA);
    if (!isWhole) {
      end = endOfField(bytes, end);
      value = decodeNumber(bytes, start, end);
    }
    const isGood =
      index >= 0 &&
      bytes[dash] === DASH &&
      isKnownIndex(quantity, index) &&
      isInRange(quantity, index, value);
    if (!isGood || (seen & (1 << index)) !== 0) {
      values.length = 0;
      return false;
    }
    seen |= 1 << index;
    values.push(readingOf(index, value));
    at = end + 1;
  }
  return values.length > 0;
}

/** Index 10 stands for the box in status and energy only. */
function isKnownIndex(quantity: PairQuantity, index: number): boolean {
  return index !== BOX_INDEX || quantity === 'status' || quantity === 'energy';
}

function decodePairs(quantity: PairQuantity, bytes: Uint8Array, payload: Payload): void {
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
function rejectRepeated(payload: Payload, repeated: number): void {
  const kept = payload.values.filter(({ index }) => (repeated & (1 << index)) === 0);
  for (const { index, value } of payload.values) {
    if ((repeated & (1 << index)) !== 0)
      payload.rejections.push({ reason: 'repeated-index', text: `${index}-${value}` });
  }
  payload.values.splice(0, payload.values.length, ...kept);
}

/** `x-230`: what stands before the dash is ignored. */
function decodeVoltage(bytes: Uint8Array, payload: Payload): void {
  for (const field of fieldsOf(bytes)) {
    const dash = bytes.indexOf(DASH, field.start);
    if (dash < 0 || dash >= field.end || payload.values.length > 0) {
      reject(payload, 'malformed', bytes, field);
      continue;
    }
    const text = trim(bytes, dash + 1, field.end);
    addNumber(payload, bytes, text, BOX_INDEX, 0, 1000);
  }
}

/** First field V, second A, last kWh; what is between is ignored. */
function decodeMeter(bytes: Uint8Array, payload: Payload): void {
  const fields = fieldsOf(bytes, true);
  while (fields.length > 0 && isEmpty(fields.at(-1))) fields.pop();
  const [voltage, current] = fields;
  const energy = fields.at(-1);
  if (voltage === undefined) return;
  if (fields.length < 3 || current === undefined || energy === undefined) {
    reject(payload, 'malformed', bytes, { start: 0, end: bytes.length });
    return;
  }
  addNumber(payload, bytes, voltage, METER_INDEX.voltage, 0, 1000);
  addNumber(payload, bytes, current, METER_INDEX.current, 0, 10_000);
  addNumber(payload, bytes, energy, METER_INDEX.energy, 0, 1e15 / 3.6e6);
}

/** Three characters: anything, the outlet's digit, the command's digit. */
function decodeCommand(bytes: Uint8Array, payload: Payload): void {
  const whole = trim(bytes, skipBom(bytes), bytes.length);
  if (whole.start === whole.end) return;
  const outlet = digitAt(bytes, whole.end - 2);
  const command = digitAt(bytes, whole.end - 1);
  const characters = new TextDecoder().decode(bytes.subarray(whole.start, whole.end));
  if ([...characters].length !== 3 || outlet < 0 || command < 0) reject(payload, 'malformed', bytes, whole);
  else payload.values.push(readingOf(outlet, command));
}

function isInRange(quantity: Quantity, index: number, value: number): boolean {
  switch (quantity) {
    case 'status':
      return Number.isInteger(value) && (index === BOX_INDEX || (value >= 0 && value <= 12));
    case 'current':
      return value >= 0 && value <= 1_000_000;
    case 'powerFactor':
      return value >= 0 && value <= 100;
    default:
      return value >= 0 && value < 1e15;
  }
}

function addNumber(
  payload: Payload,
  bytes: Uint8Array,
  field: Field,
  index: number,
  min: number,
  max: number,
): void {
  const value = decodeNumber(bytes, field.start, field.end);
  if (Number.isNaN(value)) reject(payload, 'not-a-number', bytes, field);
  else if (value < min || value > max) reject(payload, 'out-of-range', bytes, field);
  else payload.values.push(readingOf(index, value));
}

function reject(payload: Payload, reason: RejectionReason, bytes: Uint8Array, { start, end }: Field): void {
  payload.rejections.push({
    reason,
    text: new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 64))),
  });
}

/** 0..10, or -1. */
function decodeIndex(bytes: Uint8Array, { start, end }: Field): number {
  if (end - start === 1) return digitAt(bytes, start);
  return end - start === 2 && digitAt(bytes, start) === 1 && digitAt(bytes, start + 1) === 0
    ? OUTLETS_PER_BOX
    : -1;
}

function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
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

function endOfField(bytes: Uint8Array, start: number): number {
  let end = start;
  while (end < bytes.length && bytes[end] !== COMMA) end++;
  return end;
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
