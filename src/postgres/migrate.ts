import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EvidaError, messageOf } from '../errors.ts';
import { type Connection, type Database, inTransaction } from './database.ts';

/** The advisory lock that one migrating process holds; any number will do, as long as it stays. */
const MIGRATION_LOCK = 7_305_422_001;

const Applied = z.object({ name: z.string(), sha256: z.string() });

/**
 * Brings a database up to date: runs the numbered migrations that it lacks, in order, all in one transaction
 * under an advisory lock, then lays the views anew. Gives the names of the migrations that ran.
 * @throws EvidaError MIGRATION_CHANGED, MIGRATION_FAILED, POSTGRES_UNAVAILABLE
 */
export async function migrate(database: Database, sqlDirectory: string): Promise<string[]> {
  const migrations = await readSql(join(sqlDirectory, 'migrations'));
  const views = await readSql(join(sqlDirectory, 'views'));
  return await inTransaction(database, async (connection) => {
    await connection.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await connection.query(
      `CREATE TABLE IF NOT EXISTS migration (
         name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const ran = await runMissing(connection, migrations);
    for (const { name, sql } of views) await run(connection, `view ${name}`, sql);
    return ran;
  });
}

interface SqlFile {
  readonly name: string;
  readonly sql: string;
}

async function runMissing(connection: Connection, migrations: readonly SqlFile[]): Promise<string[]> {
  const { rows } = await connection.query('SELECT name, sha256 FROM migration');
  const applied = new Map(
    z
      .array(Applied)
      .parse(rows)
      .map(({ name, sha256 }) => [name, sha256]),
  );
  const ran: string[] = [];
  for (const { name, sql } of migrations) {
    const sha256 = createHash('sha256').update(sql).digest('hex');
    const before = applied.get(name);
    if (before === undefined) {
      await run(connection, `migration ${name}`, sql);
      await connection.query('INSERT INTO migration (name, sha256) VALUES ($1, $2)', [name, sha256]);
      ran.push(name);
    } else if (before !== sha256) {
      throw new EvidaError('MIGRATION_CHANGED', {
        operation: `checking migration ${name}`,
        problem: 'it ran on this database with another content',
        hint: 'A migration is never changed once it has landed; put the change into a new one.',
      });
    }
  }
  return ran;
}

async function run(connection: Connection, what: string, sql: string): Promise<void> {
  try {
    await connection.query(sql);
  } catch (error) {
    throw new EvidaError('MIGRATION_FAILED', {
      operation: `running ${what}`,
      problem: messageOf(error),
      cause: error,
    });
  }
}

async function readSql(directory: string): Promise<SqlFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return await Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -'.sql'.length),
      sql: await readFile(join(directory, name), 'utf8'),
    })),
  );
}
