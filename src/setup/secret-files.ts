import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EvidaError, messageOf } from '../errors.ts';

/** The secrets that set-up makes, and what each is for; a reader's stand apart, so that Grafana can be given no others. */
export const SECRET_FILES = {
  'database-url': 'DATABASE_URL_FILE',
  'influx-token': 'INFLUX_TOKEN_FILE',
  'reader/database-url': "Grafana's Postgres data source",
  'reader/influx-token': "Grafana's InfluxDB data source",
  'rehearsal-database-url': 'REHEARSAL_DATABASE_URL_FILE',
  'rehearsal-influx-token': 'REHEARSAL_INFLUX_TOKEN_FILE',
} as const;

export type SecretFile = keyof typeof SECRET_FILES;

/** A directory of secrets, one a file, which only this user may read. */
export class SecretFiles {
  readonly #directory: string;
  readonly #isReadOnly: boolean;

  private constructor(directory: string, isReadOnly: boolean) {
    this.#directory = directory;
    this.#isReadOnly = isReadOnly;
  }

  /**
   * Makes sure, before anything else is made, that secrets can be kept there and that nobody else may read them.
   * @throws EvidaError SECRETS_DIRECTORY
   */
  static async open(
    directory: string,
    { isReadOnly }: { readonly isReadOnly: boolean },
  ): Promise<SecretFiles> {
    const operation = `opening the secrets in ${directory}`;
    try {
      for (const place of placesIn(directory)) {
        if (!isReadOnly) await mkdir(place, { recursive: true, mode: 0o700 });
        const mode = await modeOf(place);
        if (mode !== undefined && (mode & 0o077) !== 0) {
          throw new EvidaError('SECRETS_DIRECTORY', {
            operation,
            problem: `other users may look into ${place}`,
            hint: `Choose a directory of its own, or close it: chmod 700 ${place}`,
          });
        }
        if (!isReadOnly) await access(place, constants.W_OK | constants.X_OK);
      }
    } catch (error) {
      if (error instanceof EvidaError) throw error;
      const hint = 'Name a directory that this user may write to, by --secrets.';
      throw new EvidaError('SECRETS_DIRECTORY', { operation, problem: messageOf(error), cause: error, hint });
    }
    return new SecretFiles(directory, isReadOnly);
  }

  /** A secret that was kept, if there is one. */
  async read(file: SecretFile): Promise<string | undefined> {
    return await readIfThere(this.#path(file));
  }

  /**
   * Whether the kept secret is right; or the one that was noted last, which is kept then: a set-up that was stopped
   * between putting it to use and keeping it left it so.
   */
  async isProven(file: SecretFile, isRight: (secret: string) => Promise<boolean>): Promise<boolean> {
    const kept = await this.read(file);
    if (kept !== undefined && (await isRight(kept))) return true;
    const noted = await readIfThere(this.#notePath(file));
    if (noted === undefined || !(await isRight(noted))) return false;
    if (!this.#isReadOnly) await this.keepNoted(file);
    return true;
  }

  /** Notes a secret before it is put to use, so that it cannot be lost between the two. */
  async note(file: SecretFile, secret: string): Promise<void> {
    await writeFile(this.#notePath(file), `${secret}\n`, { mode: 0o600 });
  }

  /** Keeps what was noted in place of the secret before: readers see the old one or the new one, never a part. */
  async keepNoted(file: SecretFile): Promise<void> {
    await rename(this.#notePath(file), this.#path(file));
  }

  #path(file: SecretFile): string {
    return join(this.#directory, file);
  }

  #notePath(file: SecretFile): string {
    return `${this.#path(file)}.new`;
  }
}

/** Without characters that would have to be escaped anywhere. */
export function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** The directory itself first. */
function placesIn(directory: string): Set<string> {
  return new Set([directory, ...Object.keys(SECRET_FILES).map((file) => dirname(join(directory, file)))]);
}

async function modeOf(path: string): Promise<number | undefined> {
  return await ifThere(async () => (await stat(path)).mode);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await ifThere(async () => (await readFile(path, 'utf8')).trimEnd() || undefined);
}

async function ifThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
