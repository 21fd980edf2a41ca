import { type FileHandle, open } from 'node:fs/promises';
import type { PhysicalFact } from './fleet-event.ts';

/** A line of the record file: a fact and its instant (ms UTC), one JSON object a line, in the order of time. */
type RecordedFact = { readonly atMs: number } & PhysicalFact;

const FLUSH_CHARACTERS = 65_536;

/** Writes facts to a file that only its owner may read. */
export class FactRecorder {
  #buffer = '';
  #written: Promise<void> = Promise.resolve();
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Begins a new file; one that is there is replaced. */
  static async open(path: string): Promise<FactRecorder> {
    const file = await open(path, 'w', 0o600);
    await file.chmod(0o600);
    return new FactRecorder(file);
  }

  record(atMs: number, fact: PhysicalFact): void {
    const line: RecordedFact = { atMs, ...fact };
    this.#buffer += `${JSON.stringify(line)}\n`;
    if (this.#buffer.length >= FLUSH_CHARACTERS) this.#flush();
  }

  /** Everything recorded is on disk afterwards. @throws whatever the file system refused */
  async close(): Promise<void> {
    this.#flush();
    try {
      await this.#written;
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  #flush(): void {
    const lines = this.#buffer;
    this.#buffer = '';
    this.#written = this.#written.then(() => this.#file.appendFile(lines));
    // What went wrong is told by close().
    this.#written.catch(() => undefined);
  }
}
