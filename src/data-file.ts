import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { EvidaError, messageOf } from './errors.ts';
import type { Log } from './log.ts';

const MEND = 'Check that DATA_DIR belongs to the user of this process, and that its disk has room.';

/** A JSON file of DATA_DIR, which only this user may read: readers see all of the old content or all of the new. */
export class DataFile<S extends z.ZodType> {
  readonly path: string;
  readonly #schema: S;

  constructor(path: string, schema: S) {
    this.path = path;
    this.#schema = schema;
  }

  /** Undefined if there is none. @throws EvidaError DATA_FILE if it does not hold what was written */
  async read(): Promise<z.output<S> | undefined> {
    try {
      return this.#schema.parse(JSON.parse(await readFile(this.path, 'utf8')));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw this.#failure('reading', cause, 'Check who may read it; else remove it: Evida writes it anew.');
    }
  }

  /** The same for those who can do without: a file that cannot be read is said in the log, and set aside. */
  async readOrSetAside(log: Log): Promise<z.output<S> | undefined> {
    try {
      return await this.read();
    } catch (error) {
      const aside = `${this.path}.unreadable`;
      log.error({ err: error, aside }, 'a file of DATA_DIR cannot be read: it is set aside');
      await rename(this.path, aside).catch((failure: unknown) =>
        log.error({ err: failure }, `${this.path} cannot be set aside`),
      );
      return undefined;
    }
  }

  /** On the disk when it resolves, also if the machine dies then. @throws EvidaError DATA_FILE */
  async write(value: z.input<S>): Promise<void> {
    const unfinished = `${this.path}.new`;
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      // What a write that broke off has left would keep its own mode.
      await rm(unfinished, { force: true });
      await withFile(unfinished, 'wx', async (file) => {
        await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
        await file.sync();
      });
      await rename(unfinished, this.path);
      await syncDirectory(dirname(this.path));
    } catch (cause) {
      throw this.#failure('writing', cause, MEND);
    }
  }

  /** @throws EvidaError DATA_FILE */
  async remove(): Promise<void> {
    try {
      await rm(this.path, { force: true });
    } catch (cause) {
      throw this.#failure('removing', cause, MEND);
    }
  }

  #failure(verb: string, cause: unknown, hint: string): EvidaError {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    return new EvidaError('DATA_FILE', { operation: `${verb} ${this.path}`, problem, hint, cause });
  }
}

type FileHandle = Awaited<ReturnType<typeof open>>;

async function withFile(
  path: string,
  flags: string,
  work: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

/** A rename is on the disk when its directory is. Windows cannot open directories, and needs no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  await withFile(directory, 'r', (handle) => handle.sync());
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
