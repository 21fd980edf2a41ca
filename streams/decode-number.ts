const ZERO = 48;
const MINUS = 45;
const POINT = 46;
/** As many as a double keeps exactly. */
export const MAX_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits);

/**
 * The number written in `bytes[start, end)`, or NaN unless it is `-?[0-9]+(\.[0-9]+)?` of at most 15 digits
 * (domain.md, "Decoding is strict"). Up to 15 digits an integer and its division by a power of ten are exact
 * to the last bit, so this gives what `Number(text)` would, without the text.
 */
export function decodeNumber(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let at = negative ? start + 1 : start;
  let digits = 0;
  let decimals = -1;
  let value = 0;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte === POINT) {
      if (decimals >= 0 || digits === 0) return Number.NaN;
      decimals = 0;
      continue;
    }
    const digit = byte === undefined ? -1 : byte - ZERO;
    if (digit < 0 || digit > 9 || ++digits > MAX_DIGITS) return Number.NaN;
    if (decimals >= 0) decimals++;
    value = value * 10 + digit;
  }
  if (digits === 0 || decimals === 0) return Number.NaN;
  if (decimals > 0) value /= POWERS_OF_TEN[decimals] ?? Number.NaN;
  // Not `-value`: there is no -0 on the wire.
  return negative ? 0 - value : value;
}
