import pg from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { EvidaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { tlsHint } from '../tls-hint.ts';

export type Database = pg.Pool;
export type Connection = pg.PoolClient;

/** Classes of SQLSTATE that say that the server is away or busy, not that the statement is wrong. */
const UNAVAILABLE = /^(08|53|57P)/;

/**
 * How the database of an address is connected to. With certificates to check it by (PEM), the connection is secure and
 * the server's name is checked, whatever the address says.
 */
export function databaseConnection(connectionString: string, ca?: string): pg.ClientConfig {
  if (ca === undefined) return { connectionString };
  const { ssl, ...rest } = parse(connectionString);
  const { cert, key } = typeof ssl === 'object' ? ssl : {};
  return {
    ...toClientConfig(rest),
    ssl: {
      ca,
      rejectUnauthorized: true,
      // Of a name, pg tells it; of an address, nobody would.
      ...(rest.host !== null && { host: rest.host }),
      ...(typeof cert === 'string' && { cert }),
      ...(typeof key === 'string' && { key }),
    },
  };
}

/** A pool of connections to one database. A connection that breaks while idle is logged and replaced. */
export function connectDatabase(
  connectionString: string,
  applicationName: string,
  log: Log,
  ca: string | undefined,
): Database {
  const pool = new pg.Pool({
    ...databaseConnection(connectionString, ca),
    application_name: applicationName,
    max: 4,
    connectionTimeoutMillis: 10_000,
  });
  // A connection that breaks while it is used fails its query; its own event must not end the process besides.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  pool.on('error', (error) =>
    log.warn({ error: error.message }, `${applicationName}: an idle connection broke`),
  );
  return pool;
}

/**
 * Runs `work` in one transaction: all of it happens, or nothing. When the signal is aborted, the connection is closed,
 * whatever it waits for, and Postgres rolls back.
 * @throws EvidaError POSTGRES_UNAVAILABLE if the server is away; the signal's reason; whatever `work` throws otherwise
 */
export function inTransaction<T>(
  database: Database,
  work: (connection: Connection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const inside = async (connection: Connection): Promise<T> => {
    await connection.query('BEGIN');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  };
  return withConnection(database, inside, signal, rollBack);
}

/**
 * Lends `work` a connection of its own. When the signal is aborted, the connection is closed, whatever it waits for:
 * Postgres rolls back, and lets its locks go.
 * @param mend makes a connection usable again whose work has failed, and says whether it is; without it, it is closed
 * @throws EvidaError POSTGRES_UNAVAILABLE if the server is away; the signal's reason; whatever `work` throws otherwise
 */
export async function withConnection<T>(
  database: Database,
  work: (connection: Connection) => Promise<T>,
  signal?: AbortSignal,
  mend: (connection: Connection) => Promise<boolean> = async () => false,
): Promise<T> {
  signal?.throwIfAborted();
  const connection = await connect(database);
  let isOpen = true;
  const release = (isBroken: boolean): void => {
    if (isOpen) connection.release(isBroken);
    isOpen = false;
  };
  const giveUp = (): void => release(true);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const result = await work(connection);
    release(false);
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    release(!(await mend(connection)));
    throw asUnavailable(error, 'using Postgres');
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Whether the connection can be used on. */
async function rollBack(connection: Connection): Promise<boolean> {
  return await connection.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

/** A connection of its own; whoever takes it releases it. @throws EvidaError POSTGRES_UNAVAILABLE */
export async function connect(database: Database): Promise<Connection> {
  try {
    return await database.connect();
  } catch (error) {
    throw asUnavailable(error, 'connecting to Postgres');
  }
}

/** Marks errors that say that the server is away; others, and such as are marked already, are given back as they are. */
export function asUnavailable(error: unknown, operation: string): unknown {
  if (error instanceof EvidaError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const isAway = UNAVAILABLE.test(code) || /^E[A-Z]+$/.test(code) || isConnectionError(error);
  const hint =
    tlsHint(error, { ca: 'DATABASE_CA_FILE (EBOOST_DATABASE_CA_FILE for Eboost)' }) ?? plainHint(error);
  if (hint !== undefined) return new EvidaError('POSTGRES_UNAVAILABLE', { operation, cause: error, hint });
  return isAway ? new EvidaError('POSTGRES_UNAVAILABLE', { operation, cause: error }) : error;
}

/** What to do where one side wants TLS and the other has none. */
function plainHint(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/^The server does not support SSL connections/.test(error.message)) {
    return 'Turn on ssl in the settings of the server, or leave out sslmode and the CA file.';
  }
  return /no encryption/.test(error.message)
    ? 'The server lets in secure connections only: name its CA file, or add sslmode=verify-full to the address.'
    : undefined;
}

/** What pg itself throws has no code. */
function isConnectionError(error: unknown): boolean {
  return (
    error instanceof Error &&
    /connection (terminated|timeout|error)|timeout exceeded when trying to connect/i.test(error.message)
  );
}
