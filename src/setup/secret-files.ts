import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secrets that set-up makes, and what each is for. */
const SECRET_FILES = {
  'database-url': 'DATABASE_URL_FILE',
  'database-reader-url': "Grafana's Postgres data source",
  'influx-token': 'INFLUX_TOKEN_FILE',
  'influx-reader-token': "Grafana's InfluxDB data source",
} as const;

type SecretFile = keyof typeof SECRET_FILES;

/** A directory of secrets, one a file, which only this user may read. */
export class SecretFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  #path(file: SecretFile): string {
    return join(this.#directory, file);
  }

  /** A secret that was kept. */
  async read(file: SecretFile): Promise<string> {
    return (await readFile(this.#path(file), 'utf8')).trimEnd();
  }

  /** Each file's path, and what it is for. */
  uses(): [path: string, use: string][] {
    return Object.entries(SECRET_FILES).map(([file, use]) => [join(this.#directory, file), use]);
  }

  has(file: SecretFile): boolean {
    return existsSync(this.#path(file));
  }

  /** Keeps a secret in place of the one before: readers see the old one or the new one, never a part. */
  async keep(file: SecretFile, secret: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await chmod(this.#directory, 0o700);
    await writeFile(`${this.#path(file)}.new`, `${secret}\n`, { mode: 0o600 });
    await rename(`${this.#path(file)}.new`, this.#path(file));
  }
}

/** Without characters that would have to be escaped anywhere. */
export function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}
