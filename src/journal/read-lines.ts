import { close, open, readAll } from './disk.ts';

const CHUNK_BYTES = 256 * 1024;
const LINE_END = 0x0a;
const NOTHING = Buffer.alloc(0);

/**
 * Reads a file of lines, a chunk of it in memory at a time. What stands behind the last line end is no line.
 *
 * @returns the lines without their ends
 * @throws the error of a system call
 */
export async function* readLines(path: string): AsyncGenerator<Buffer> {
  const fd = await open(path, 'r');
  try {
    let begun: Buffer = NOTHING;
    for (let position = 0; ; ) {
      const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const count = await readAll(fd, chunk, 0, CHUNK_BYTES, position);
      if (count === 0) return;
      position += count;
      const read = chunk.subarray(0, count);
      let from = 0;
      for (let end = read.indexOf(LINE_END); end !== -1; end = read.indexOf(LINE_END, from)) {
        const line = read.subarray(from, end);
        yield begun.length > 0 ? Buffer.concat([begun, line]) : line;
        begun = NOTHING;
        from = end + 1;
      }
      begun = Buffer.concat([begun, read.subarray(from)]);
    }
  } finally {
    await close(fd);
  }
}
