import { decodeNumber, MAX_DIGITS } from './decode-number.ts';
import { COMMA, DASH, digitAt, endOfField, ONE, ZERO } from './payload-bytes.ts';
import { BOX_INDEX, METER_INDEX, type Quantity, type Reading, readingOf } from './reading.ts';
import { isInRange, isKnownIndex } from './value-range.ts';

/** What is longer has a fault. */
const MAX_PLAIN_BYTES = 512;

/**
 * Decodes a payload that is written as boxes write it, without a space or a fault, which nearly all are. Undefined for any
 * other: that one is looked at more closely.
 */
export function decodePlainPayload(quantity: Quantity, bytes: Uint8Array): Reading[] | undefined {
  if (bytes.length > MAX_PLAIN_BYTES) return undefined;
  switch (quantity) {
    case 'command':
      return undefined;
    case 'voltage':
      return decodeVoltage(bytes);
    case 'meter':
      return decodeMeter(bytes);
    default:
      return decodePairs(quantity, bytes);
  }
}

function decodePairs(quantity: Quantity, bytes: Uint8Array): Reading[] | undefined {
  const values: Reading[] = [];
  let seen = 0;
  for (let at = 0; at < bytes.length; ) {
    const isTen = bytes[at] === ONE && bytes[at + 1] === ZERO;
    const index = isTen ? BOX_INDEX : digitAt(bytes, at);
    const dash = isTen ? at + 2 : at + 1;
    if (index < 0 || bytes[dash] !== DASH || !isKnownIndex(quantity, index)) return undefined;
    const start = dash + 1;
    // Nearly all are whole numbers: read while looking for the end.
    let end = start;
    let value = 0;
    for (let digit = digitAt(bytes, end); digit >= 0; digit = digitAt(bytes, ++end))
      value = value * 10 + digit;
    const length = end - start;
    if (length === 0 || length > MAX_DIGITS || (end < bytes.length && bytes[end] !== COMMA)) {
      end = endOfField(bytes, end);
      value = decodeNumber(bytes, start, end);
    }
    if (!isInRange(quantity, index, value) || (seen & (1 << index)) !== 0) return undefined;
    seen |= 1 << index;
    values.push(readingOf(index, value));
    at = end + 1;
  }
  return values.length > 0 ? values : undefined;
}

/** One pair, of which the part before the dash is ignored. */
function decodeVoltage(bytes: Uint8Array): Reading[] | undefined {
  let dash = 0;
  while (dash < bytes.length && bytes[dash] !== DASH && bytes[dash] !== COMMA) dash++;
  if (bytes[dash] !== DASH) return undefined;
  const value = decodeNumber(bytes, dash + 1, bytes.length);
  return isInRange('voltage', BOX_INDEX, value) ? [readingOf(BOX_INDEX, value)] : undefined;
}

/** At least three fields, of which those in the middle are ignored. */
function decodeMeter(bytes: Uint8Array): Reading[] | undefined {
  const first = endOfField(bytes, 0);
  const second = endOfField(bytes, first + 1);
  let last = bytes.length;
  while (last > second && bytes[last - 1] !== COMMA) last--;
  if (last === second) return undefined;
  const { voltage, current, energy } = METER_INDEX;
  const voltageV = decodeNumber(bytes, 0, first);
  const currentA = decodeNumber(bytes, first + 1, second);
  const energyKwh = decodeNumber(bytes, last, bytes.length);
  const isGood =
    isInRange('meter', voltage, voltageV) &&
    isInRange('meter', current, currentA) &&
    isInRange('meter', energy, energyKwh);
  return isGood
    ? [readingOf(voltage, voltageV), readingOf(current, currentA), readingOf(energy, energyKwh)]
    : undefined;
}
