const CONTINUED = 0x80;
const DIGIT = 0x7f;
const MOST_BYTES = 4;

/**
 * Where the number of variable length that begins at `at` has ended (MQTT 5, 1.5.5); infinite as long as `end` comes first.
 * @throws RangeError if it has more than four bytes
 */
export function afterVariableLength(bytes: Buffer, at: number, end: number): number {
  for (let digit = at; digit < at + MOST_BYTES; digit++) {
    if (digit >= end) return Number.POSITIVE_INFINITY;
    if (((bytes[digit] ?? 0) & CONTINUED) === 0) return digit + 1;
  }
  throw new RangeError('a length in an MQTT packet has at most four bytes');
}

/** The number that stands there, up to `after`. */
export function variableLength(bytes: Buffer, at: number, after: number): number {
  let length = 0;
  for (let digit = after - 1; digit >= at; digit--) length = length * 128 + ((bytes[digit] ?? 0) & DIGIT);
  return length;
}
