import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { EvidaError, messageOf } from '../errors.ts';
import { kept, type PlannedChange } from '../planned-change.ts';
import { type Connection, type Database, inTransaction } from './database.ts';

/** The advisory lock that one migrating process holds; any number will do, as long as it stays. */
const MIGRATION_LOCK = 7_305_422_001;

/** Denied to a role that may only change rows. */
const INSUFFICIENT_PRIVILEGE = '42501';

const Applied = z.object({ name: z.string(), sha256: z.string() });
const Exists = z.object({ exists: z.boolean() });

interface SqlFile {
  /** `0001-charging-event-day`, or `view/energy-by-day`. */
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/**
 * Brings a database up to date: runs the numbered migrations that it lacks, in order, all in one transaction under an
 * advisory lock, then lays the views anew if any file has changed. Gives the names of what ran. A database that is
 * up to date is only looked at, so a role without the right to change it will do.
 * @throws EvidaError MIGRATION_CHANGED, MIGRATION_FAILED, POSTGRES_UNAVAILABLE
 */
export async function migrate(database: Database, sqlDirectory: string, owner?: string): Promise<string[]> {
  const files = await readSql(sqlDirectory);
  if ((await inTransaction(database, (connection) => findPending(connection, files))).length === 0) return [];
  return await inTransaction(database, async (connection) => {
    await connection.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    if (owner !== undefined) await connection.query(`SET LOCAL ROLE ${pg.escapeIdentifier(owner)}`);
    const pending = await findPending(connection, files);
    if (pending.length > 0) await runAll(connection, pending);
    return pending.map(({ name }) => name);
  });
}

/** What is to be done so that the database is up to date. @param owner the role that is to own what is made */
export async function planMigrations(
  database: Database,
  sqlDirectory: string,
  owner: string,
): Promise<PlannedChange> {
  const files = await readSql(sqlDirectory);
  const pending = await inTransaction(database, (connection) => findPending(connection, files));
  if (pending.length === 0) return kept(`schema, ${files.length} files of sql/`);
  return {
    action: pending.length === files.length ? 'create' : 'update',
    what: `schema: ${pending.map(({ name }) => name).join(', ')}`,
    apply: async () => void (await migrate(database, sqlDirectory, owner)),
  };
}

/** The files that have not run yet, or that are views of another content. */
async function findPending(connection: Connection, files: readonly SqlFile[]): Promise<SqlFile[]> {
  const found = await connection.query(`SELECT to_regclass('migration') IS NOT NULL AS "exists"`);
  if (!Exists.parse(found.rows[0]).exists) return [...files];
  const { rows } = await connection.query('SELECT name, sha256 FROM migration');
  const applied = new Map(
    z
      .array(Applied)
      .parse(rows)
      .map(({ name, sha256 }) => [name, sha256]),
  );
  return files.filter(({ name, sha256 }) => {
    const before = applied.get(name);
    if (before === undefined || before === sha256) return before === undefined;
    if (isView(name)) return true;
    throw new EvidaError('MIGRATION_CHANGED', {
      operation: `checking migration ${name}`,
      problem: 'it ran on this database with another content',
      hint: 'A migration is never changed once it has landed; put the change into a new one.',
    });
  });
}

async function runAll(connection: Connection, files: readonly SqlFile[]): Promise<void> {
  await run(connection, 'setting up migrations', [
    `CREATE TABLE IF NOT EXISTS migration (
       name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    `COMMENT ON TABLE migration IS 'The files of sql/ that have run on this database, with their hashes'`,
  ]);
  for (const { name, sql, sha256 } of files) {
    await run(connection, isView(name) ? `laying ${name}` : `running migration ${name}`, [sql]);
    await connection.query(
      `INSERT INTO migration (name, sha256) VALUES ($1, $2)
           ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, applied_at = now()`,
      [name, sha256],
    );
  }
}

async function run(connection: Connection, operation: string, statements: readonly string[]): Promise<void> {
  try {
    for (const sql of statements) await connection.query(sql);
  } catch (error) {
    const isDenied = error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE;
    throw new EvidaError('MIGRATION_FAILED', {
      operation,
      problem: messageOf(error),
      cause: error,
      ...(isDenied && { hint: 'The database is behind this version of Evida; run `evida setup`.' }),
    });
  }
}

function isView(name: string): boolean {
  return name.startsWith('view/');
}

/** Migrations in the order of their numbers, then views. */
async function readSql(directory: string): Promise<SqlFile[]> {
  const [migrations, views] = await Promise.all([
    readFolder(join(directory, 'migrations'), ''),
    readFolder(join(directory, 'views'), 'view/'),
  ]);
  return [...migrations, ...views];
}

async function readFolder(directory: string, prefix: string): Promise<SqlFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8');
      const sha256 = createHash('sha256').update(sql).digest('hex');
      return { name: `${prefix}${name.slice(0, -'.sql'.length)}`, sql, sha256 };
    }),
  );
}
