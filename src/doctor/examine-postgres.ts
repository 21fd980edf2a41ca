import { pino } from 'pino';
import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import { asUnavailable, connectDatabase, type Database } from '../postgres/database.ts';
import { planMigrations } from '../postgres/migrate.ts';
import { projectFile } from '../project-file.ts';
import { compareClocks, examine, type Finding, fault, ok, warning } from './finding.ts';

const OLDEST_VERSION = 14;

const Server = z.object({ version: z.number(), name: z.string(), nowMs: z.number(), mayWrite: z.boolean() });

/** Reach, version, clock, schema, and the right to change rows of the analytic database. */
export function examinePostgres(databaseUrl: string, now: () => number): Promise<readonly Finding[]> {
  const part = 'Postgres';
  return examine(part, 'Check DATABASE_URL, and that Postgres runs.', () =>
    withDatabase(databaseUrl, async (database) => {
      const server = await askServer(database, 'charging_event_day');
      const schema = await planMigrations(database, projectFile('sql'), '');
      const isFit = server.version >= OLDEST_VERSION;
      return [
        isFit
          ? ok(part, `version ${server.version}, database ${server.name}`)
          : fault(part, `version ${server.version} is too old`, `Run Postgres ${OLDEST_VERSION} or newer.`),
        compareClocks(part, server.nowMs, now()),
        schema.action === 'keep'
          ? ok(part, 'the schema is up to date')
          : fault(part, `the schema is behind: ${schema.what}`, 'Run `evida setup`.'),
        server.mayWrite
          ? ok(part, 'rows may be changed')
          : fault(part, 'this role may not change the tables, or they do not exist', 'Run `evida setup`.'),
      ];
    }),
  );
}

/** Reach and rights at the Eboost database: it is the operator's business system, so to read is enough. */
export function examineEboostDatabase(databaseUrl: string): Promise<readonly Finding[]> {
  const part = 'Eboost database';
  return examine(part, 'Check EBOOST_DATABASE_URL, and that the database runs.', () =>
    withDatabase(databaseUrl, async (database) => {
      const { name, mayWrite } = await askServer(database, 'transactions');
      await database.query('SELECT id, updated_at FROM transactions LIMIT 0');
      return [
        ok(part, `transactions of ${name} may be read`),
        mayWrite
          ? warning(part, 'this role may change transactions', 'Give Evida a role that may only read.')
          : ok(part, 'this role may only read'),
      ];
    }),
  );
}

async function askServer(database: Database, table: string): Promise<z.output<typeof Server>> {
  const { rows } = await database.query(
    `SELECT current_setting('server_version_num')::integer / 10000 AS version, current_database() AS name,
            (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS "nowMs",
            coalesce(has_table_privilege(to_regclass($1), 'INSERT, UPDATE, DELETE'), false) AS "mayWrite"`,
    [table],
  );
  return Server.parse(rows[0]);
}

async function withDatabase<T>(databaseUrl: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = connectDatabase(databaseUrl, 'evida doctor', pino({ level: 'silent' }));
  try {
    return await work(database);
  } catch (error) {
    const known = asUnavailable(error, 'asking Postgres');
    throw known instanceof EvidaError || !(error instanceof Error) ? known : new Error(error.message);
  } finally {
    await database.end();
  }
}
