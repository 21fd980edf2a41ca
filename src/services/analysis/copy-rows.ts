import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import copyStreams from 'pg-copy-streams';
import type { Connection } from '../../postgres/database.ts';

/** Small chunks cost a system call each; large ones, memory. */
const CHUNK_CHARS = 1 << 16;

/** One value of a row; numbers, booleans and times have nothing in them that COPY would need escaped. */
export type CopyValue = number | boolean | string | null | undefined;

/**
 * Lays rows into a table by COPY, one after the other: memory does not grow with them. Gives their number.
 * @param target Evida's own words: `photograph (box, outlet)`
 * @param rows values without tabs, line ends and backslashes
 */
export async function copyRows(
  connection: Connection,
  target: string,
  rows: AsyncIterable<readonly CopyValue[]>,
): Promise<number> {
  let count = 0;
  async function* chunks(): AsyncGenerator<string> {
    let chunk = '';
    for await (const row of rows) {
      count++;
      for (const [index, value] of row.entries()) chunk += `${index === 0 ? '' : '\t'}${value ?? '\\N'}`;
      chunk += '\n';
      if (chunk.length < CHUNK_CHARS) continue;
      yield chunk;
      chunk = '';
    }
    if (chunk !== '') yield chunk;
  }
  await pipeline(Readable.from(chunks()), connection.query(copyStreams.from(`COPY ${target} FROM STDIN`)));
  return count;
}
