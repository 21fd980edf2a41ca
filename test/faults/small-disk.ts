import { execFile } from 'node:child_process';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BALLAST_CHUNK = Buffer.alloc(64 * 1024);

/** A file system of its own for a directory, in memory: it can be filled, emptied, and made read-only. */
export class SmallDisk {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Undefined where this user may not mount. */
  static async mount(directory: string, megabytes: number): Promise<SmallDisk | undefined> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    try {
      const options = `size=${megabytes}m,mode=0700`;
      await run('mount', ['-t', 'tmpfs', '-o', options, 'evida-faults', directory]);
      return new SmallDisk(directory);
    } catch {
      return undefined;
    }
  }

  /** Fills it to the last byte. */
  async fill(): Promise<void> {
    const ballast = await open(this.#ballast, 'a');
    try {
      for (let chunk = BALLAST_CHUNK; chunk.length > 0; ) {
        try {
          await ballast.write(chunk);
        } catch {
          chunk = chunk.subarray(0, chunk.length >> 1);
        }
      }
    } finally {
      await ballast.close();
    }
  }

  async makeRoom(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  /** Only while nobody has a file open for writing. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await run('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, this.#directory]);
  }

  /** Harmless if it is not mounted (any more). */
  static async unmount(directory: string): Promise<void> {
    const [own, parent] = await Promise.all([stat(directory), stat(join(directory, '..'))]).catch(() => []);
    if (own === undefined || own.dev === parent?.dev) return;
    await run('umount', ['--lazy', directory]);
  }

  get #ballast(): string {
    return join(this.#directory, 'ballast');
  }
}

/**
 * Limits how large a file the process may write from now on: beyond, the system refuses as if the disk were full.
 * @param bytes `undefined` for no limit
 */
export async function limitFileSize(pid: number, bytes: number | undefined): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}`]);
}
