import { EvidaError } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  findDeadLetter,
  letterFile,
  listDeadLetters,
  listLetterFiles,
  matcherOf,
} from './dead-letter.ts';
import { codeOf, makeDirectory, refusedByDisk, syncDirectory, unlinkIfThere } from './disk.ts';
import { appendLetters, type KeptFile, keepLetters, readLetterFile } from './kept-file.ts';
import { type LetterCount, LetterIndex, sumCounts } from './letter-index.ts';

export type { DeadLetter, DeadLetterFilter } from './dead-letter.ts';
export { findDeadLetter, listDeadLetters } from './dead-letter.ts';

interface DeadLettersOptions {
  /** Of the letters alone; made if it is missing. */
  readonly directory: string;
  /** Above this, the oldest are given up, a file of them at a time. */
  readonly maxBytes: number;
  readonly log: Log;
}

/** A file is given up whole, so it must be a small part of all. */
const FILES = 8;
const FILE_BYTES = 8 * 1024 * 1024;

/**
 * Keeps what could not be used, and why. One process may have it open: the one that holds the lock of DATA_DIR.
 * What was dropped is forgotten: a restart that folds its message once more adds it again.
 */
export class DeadLetters {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #log: Log;
  readonly #files: KeptFile[];
  /** Not on disk yet, oldest first. */
  #waiting: DeadLetter[] = [];
  readonly #unwritten = new Set<number>();
  #waitingBytes = 0;
  #dropped = 0;
  #droppedSaid = 0;
  /** Only one thing happens to the files at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @throws EvidaError JOURNAL_REFUSED if the disk cannot be read */
  static async open(options: DeadLettersOptions): Promise<DeadLetters> {
    const { directory, log } = options;
    return await orRefused(`opening the dead letters in ${directory}`, async () => {
      await makeDirectory(directory);
      const files: KeptFile[] = [];
      for (const file of await listLetterFiles(directory)) files.push(await readLetterFile(file, log));
      return new DeadLetters(options, files);
    });
  }

  private constructor({ directory, maxBytes, log }: DeadLettersOptions, files: KeptFile[]) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#log = log;
    this.#files = files;
  }

  /** All that are kept, also those that are not on disk yet. */
  get counts(): readonly LetterCount[] {
    return sumCounts([...this.#files.map(({ index }) => index), LetterIndex.of(this.#waiting)]);
  }

  /** How many are not on the disk yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many were given up since it was opened, because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The highest id; 0 if there are none. */
  get lastId(): number {
    return Math.max(0, ...this.#files.map(({ index }) => index.lastId), ...this.#unwritten);
  }

  /** Keeps a letter, in memory until the next `flush`. @returns false if it is there already */
  add(letter: DeadLetter): boolean {
    const { id } = letter;
    if (this.#unwritten.has(id) || this.#files.some(({ index }) => index.has(id))) return false;
    this.#waiting.push(letter);
    this.#unwritten.add(id);
    this.#waitingBytes += sizeOf(letter);
    while (this.#waitingBytes > this.#maxBytes) this.#giveUpWaiting();
    return true;
  }

  /**
   * All that were added are on the disk when it resolves. They should be so only after the record of the log that
   * they are about, and before a snapshot that lies behind it.
   *
   * @throws EvidaError JOURNAL_REFUSED if the disk refuses; the next call tries again
   */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flush());
  }

  /** Oldest first, also what was not on the disk before, if it takes it. */
  async *list(filter: DeadLetterFilter & { readonly limit?: number } = {}): AsyncGenerator<DeadLetter> {
    await this.flush().catch((error: unknown) =>
      this.#log.warn({ err: error }, 'the newest dead letters are not listed'),
    );
    yield* listDeadLetters(this.#directory, filter);
  }

  /** Undefined if there is none of this id. */
  async find(id: number): Promise<DeadLetter | undefined> {
    return this.#waiting.find((letter) => letter.id === id) ?? (await findDeadLetter(this.#directory, id));
  }

  /** Forgets letters. @returns how many. @throws EvidaError JOURNAL_REFUSED if the disk refuses; some may be left then */
  drop(filter: DeadLetterFilter): Promise<number> {
    return this.#inTurn(async () => {
      await this.#flush();
      const matches = matcherOf(filter);
      let dropped = 0;
      for (const file of [...this.#files]) {
        const kept = await keepLetters(file, (letter) => !matches(letter));
        dropped += file.index.letters - kept.index.letters;
        this.#files.splice(this.#files.indexOf(file), 1, ...(kept.bytes > 0 ? [kept] : []));
      }
      await syncDirectory(this.#directory);
      return dropped;
    });
  }

  /** Puts on the disk what it can. */
  async close(): Promise<void> {
    await this.flush().catch((error: unknown) =>
      this.#log.error({ err: error, letters: this.#waiting.length }, 'the newest dead letters are lost'),
    );
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { file, isNew } = this.#fileForMore();
      const batch = this.#takeUpTo(this.#fileBytes - file.bytes);
      try {
        await appendLetters(file, batch);
        if (isNew) await syncDirectory(this.#directory);
      } catch (error) {
        this.#waiting = [...batch, ...this.#waiting];
        this.#waitingBytes += sumOf(batch);
        throw error;
      }
      if (isNew) this.#files.push(file);
      for (const letter of batch) {
        file.index.add(letter);
        this.#unwritten.delete(letter.id);
      }
    }
    await this.#giveUpOldest();
  }

  get #fileBytes(): number {
    return Math.min(FILE_BYTES, this.#maxBytes / FILES);
  }

  #fileForMore(): { readonly file: KeptFile; readonly isNew: boolean } {
    const newest = this.#files.at(-1);
    if (newest !== undefined && newest.bytes < this.#fileBytes) return { file: newest, isNew: false };
    const number = (newest?.number ?? 0) + 1;
    return {
      file: { ...letterFile(this.#directory, number), index: new LetterIndex(), bytes: 0 },
      isNew: true,
    };
  }

  /** At least one. */
  #takeUpTo(bytes: number): DeadLetter[] {
    let count = 0;
    for (let sum = 0; count < this.#waiting.length && sum < bytes; count++)
      sum += sizeOf(this.#waiting[count]);
    const batch = this.#waiting.splice(0, Math.max(1, count));
    this.#waitingBytes -= sumOf(batch);
    return batch;
  }

  #giveUpWaiting(): void {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#unwritten.delete(oldest.id);
    this.#waitingBytes -= sizeOf(oldest);
    this.#dropped += 1;
  }

  async #giveUpOldest(): Promise<void> {
    for (;;) {
      const [oldest, ...others] = this.#files;
      const bytes = this.#files.reduce((sum, file) => sum + file.bytes, 0);
      if (oldest === undefined || others.length === 0 || bytes <= this.#maxBytes) break;
      await unlinkIfThere(oldest.path);
      this.#files.shift();
      this.#dropped += oldest.index.letters;
    }
    if (this.#dropped === this.#droppedSaid) return;
    const letters = this.#dropped - this.#droppedSaid;
    this.#droppedSaid = this.#dropped;
    this.#log.warn(
      { letters, maxBytes: this.#maxBytes },
      'there are too many dead letters: the oldest were given up',
    );
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => orRefused(`keeping dead letters in ${this.#directory}`, work));
    this.#last = done.catch(() => undefined);
    return await done;
  }
}

async function orRefused<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === undefined || error instanceof EvidaError) throw error;
    throw refusedByDisk(operation, error);
  }
}

/** About as much as its line. */
function sizeOf(letter: DeadLetter | undefined): number {
  if (letter === undefined) return 0;
  return letter.kind === 'message'
    ? 200 + letter.payload.length + letter.topic.length
    : 150 + letter.line.length;
}

function sumOf(letters: readonly DeadLetter[]): number {
  return letters.reduce((sum, letter) => sum + sizeOf(letter), 0);
}
