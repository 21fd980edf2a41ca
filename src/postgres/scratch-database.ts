import pg from 'pg';
import type { Log } from '../log.ts';
import { asUnavailable, connectDatabase, type Database, databaseConnection } from './database.ts';

/** How long a connection that is ended may take to be gone. */
const LEAVE_WITHIN_MS = 5000;

/**
 * Makes an empty database beside the one of `url` for a piece of work, and drops it after it; one of the same name that a
 * killed process left is dropped before.
 * @param ca as of `connectDatabase`
 * @throws EvidaError POSTGRES_UNAVAILABLE; what Postgres says if the role may not
 */
export async function inScratchDatabase<T>(
  url: string,
  ca: string | undefined,
  name: string,
  log: Log,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const own = new URL(url);
  own.pathname = `/${name}`;
  const identifier = pg.escapeIdentifier(name);
  // WITH (FORCE) would do both, but refuses whoever is no superuser while an autovacuum worker is in the database.
  const drop = [
    `SELECT pg_terminate_backend(pid, ${LEAVE_WITHIN_MS}) FROM pg_stat_activity
      WHERE datname = ${pg.escapeLiteral(name)} AND usename = current_user`,
    `DROP DATABASE IF EXISTS ${identifier}`,
  ];
  await run(url, ca, [...drop, `CREATE DATABASE ${identifier}`]);
  const database = connectDatabase(own.href, 'evida rehearsal', log, ca);
  try {
    return await work(database);
  } finally {
    await database.end();
    await run(url, ca, drop);
  }
}

async function run(url: string, ca: string | undefined, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ ...databaseConnection(url, ca), application_name: 'evida rehearsal' });
  try {
    await client.connect();
    for (const statement of statements) await client.query(statement);
  } catch (error) {
    throw asUnavailable(error, 'making a database for a rehearsal');
  } finally {
    await client.end();
  }
}
