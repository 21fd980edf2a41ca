export const COMMA = 44;
export const DASH = 45;
export const ZERO = 48;
export const ONE = 49;

/** The digit at a place, or -1. */
export function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Where the next comma is, or the end. */
export function endOfField(bytes: Uint8Array, start: number): number {
  let end = start;
  while (end < bytes.length && bytes[end] !== COMMA) end++;
  return end;
}
