/** The polynomial of Castagnoli, bit-reversed: what storage systems use, for it finds all bursts up to 32 bits. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** `TABLES[256 * k + b]`: what byte b does to the checksum when k more bytes follow it. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  return tables;
}

/**
 * CRC32C of `bytes[start, end)`, eight bytes a step.
 *
 * @param before the checksum of what precedes these bytes, to go on from there
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
  const tables = TABLES;
  let crc = ~before;
  let at = start;
  for (const last = end - SLICES; at <= last; at += SLICES) {
    crc ^=
      item(bytes, at) |
      (item(bytes, at + 1) << 8) |
      (item(bytes, at + 2) << 16) |
      (item(bytes, at + 3) << 24);
    crc =
      item(tables, 0x700 | (crc & 0xff)) ^
      item(tables, 0x600 | ((crc >>> 8) & 0xff)) ^
      item(tables, 0x500 | ((crc >>> 16) & 0xff)) ^
      item(tables, 0x400 | (crc >>> 24)) ^
      item(tables, 0x300 | item(bytes, at + 4)) ^
      item(tables, 0x200 | item(bytes, at + 5)) ^
      item(tables, 0x100 | item(bytes, at + 6)) ^
      item(tables, item(bytes, at + 7));
  }
  for (; at < end; at++) crc = item(tables, (crc ^ item(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** All indexes here lie inside their array; saying so to the compiler costs nothing. */
function item(array: Uint8Array | Int32Array, at: number): number {
  return (array[at] ?? 0) | 0;
}
