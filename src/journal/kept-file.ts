import type { Log } from '../log.ts';
import { type DeadLetter, type LetterFile, parseLetter } from './dead-letter.ts';
import { dataSync, rename, truncate, unlinkIfThere, withFile, writeAll } from './disk.ts';
import { LetterIndex } from './letter-index.ts';
import { readLines } from './read-lines.ts';

/** A file of letters and what is in it. */
export interface KeptFile extends LetterFile {
  readonly index: LetterIndex;
  /** What stands behind them was never finished. */
  bytes: number;
}

const PART_BYTES = 256 * 1024;

/** Reads what is in a file. Lines that are no letters are said, and left. */
export async function readLetterFile(file: LetterFile, log: Log): Promise<KeptFile> {
  const kept = { ...file, index: new LetterIndex(), bytes: 0 };
  let unreadable = 0;
  for await (const line of readLines(file.path)) {
    kept.bytes += line.length + 1;
    const letter = parseLetter(line);
    if (letter === undefined) unreadable += 1;
    else kept.index.add(letter);
  }
  if (unreadable > 0) log.warn({ file: file.path, lines: unreadable }, 'dead letters cannot be read');
  return kept;
}

/** Adds letters to a file. They are on the disk when it resolves; if it fails, the file is as it was. */
export async function appendLetters(file: KeptFile, letters: readonly DeadLetter[]): Promise<void> {
  const bytes = Buffer.from(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
  await withFile(file.path, file.bytes === 0 ? 'w' : 'r+', async (fd) => {
    await truncate(fd, file.bytes);
    await writeAll(fd, bytes, bytes.length, file.bytes);
    await dataSync(fd);
  });
  file.bytes += bytes.length;
}

/** Leaves only some letters in a file, which is replaced whole, or removed if none is left. @returns what it is now */
export async function keepLetters(
  file: KeptFile,
  isKept: (letter: DeadLetter) => boolean,
): Promise<KeptFile> {
  const unfinished = `${file.path}.new`;
  const kept = { ...file, index: new LetterIndex(), bytes: 0 };
  await withFile(unfinished, 'w', async (fd) => {
    let part: Buffer[] = [];
    let partBytes = 0;
    const flush = async () => {
      await writeAll(fd, Buffer.concat(part), partBytes, kept.bytes);
      kept.bytes += partBytes;
      part = [];
      partBytes = 0;
    };
    for await (const line of readLines(file.path)) {
      const letter = parseLetter(line);
      if (letter !== undefined && !isKept(letter)) continue;
      if (letter !== undefined) kept.index.add(letter);
      part.push(line, LINE_END);
      partBytes += line.length + 1;
      if (partBytes >= PART_BYTES) await flush();
    }
    await flush();
    await dataSync(fd);
  });
  if (kept.bytes > 0) {
    await rename(unfinished, file.path);
  } else {
    await unlinkIfThere(file.path);
    await unlinkIfThere(unfinished);
  }
  return kept;
}

const LINE_END = Buffer.from('\n');
