import { pino } from 'pino';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { EvidaError } from '../errors.ts';
import { asUnavailable, connectDatabase, type Database } from '../postgres/database.ts';
import { planMigrations } from '../postgres/migrate.ts';
import { projectFile } from '../project-file.ts';
import { compareClocks, examine, type Finding, fault, ok, warning } from './finding.ts';

const OLDEST_VERSION = 14;

const Server = z.object({
  version: z.number(),
  name: z.string(),
  nowMs: z.number(),
  isSuperuser: z.boolean(),
});
const Rights = z.object({ name: z.string(), missing: z.array(z.string()) });
const MayChange = z.object({ mayChange: z.boolean() });

/** Reach, version, clock, schema, and rights in the analytic database: to read and change rows, and no more. */
export function examinePostgres(
  { DATABASE_URL, DATABASE_CA_FILE }: Config,
  now: () => number,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const part = 'Postgres';
  return examine(part, 'Check DATABASE_URL, and that Postgres runs.', deadlineMs, () =>
    withDatabase(DATABASE_URL, DATABASE_CA_FILE, async (database) => {
      const server = await askServer(database);
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
        ...examineRights(part, await listRights(database)),
        ...(server.isSuperuser
          ? [
              warning(
                part,
                'this role is a superuser: it may do more than Evida needs',
                '`evida setup` makes one that only reads and changes rows.',
              ),
            ]
          : []),
      ];
    }),
  );
}

/** Of no table, it is the schema that is missing. */
function examineRights(part: string, tables: readonly z.output<typeof Rights>[]): Finding[] {
  if (tables.length === 0) return [];
  const lacking = tables.filter(({ missing }) => missing.length > 0);
  if (lacking.length === 0) return [ok(part, 'the rows of every table may be read and changed')];
  const words = lacking.map(({ name, missing }) => `${missing.join(', ')} on ${name}`).join('; ');
  return [fault(part, `this role lacks ${words}`, 'Run `evida setup`, or grant it.')];
}

/** Reach and rights at the Eboost database: it is the operator's business system, so to read is enough. */
export function examineEboostDatabase(
  { EBOOST_DATABASE_URL, EBOOST_DATABASE_CA_FILE }: Config,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const part = 'Eboost database';
  return examine(part, 'Check EBOOST_DATABASE_URL, and that the database runs.', deadlineMs, () =>
    withDatabase(EBOOST_DATABASE_URL, EBOOST_DATABASE_CA_FILE, async (database) => {
      const { name } = await askServer(database);
      await database.query('SELECT id, updated_at FROM transactions LIMIT 0');
      return [
        ok(part, `transactions of ${name} may be read`),
        (await mayChange(database, 'transactions'))
          ? warning(part, 'this role may change transactions', 'Give Evida a role that may only read.')
          : ok(part, 'this role may only read'),
      ];
    }),
  );
}

async function askServer(database: Database): Promise<z.output<typeof Server>> {
  const { rows } = await database.query(
    `SELECT current_setting('server_version_num')::integer / 10000 AS version, current_database() AS name,
            (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS "nowMs",
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser"`,
  );
  return Server.parse(rows[0]);
}

/** Evida's tables, with the rights that the role lacks; that of the schema's history is set-up's alone. */
async function listRights(database: Database): Promise<z.output<typeof Rights>[]> {
  const { rows } = await database.query(
    `SELECT relname AS name,
            array(SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
                   WHERE NOT has_table_privilege(relation.oid, privilege)) AS missing
       FROM pg_class AS relation
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'migration'
      ORDER BY relname`,
  );
  return z.array(Rights).parse(rows);
}

/** Any one of the rights is enough to change something. */
async function mayChange(database: Database, table: string): Promise<boolean> {
  const { rows } = await database.query(
    `SELECT has_table_privilege($1, 'INSERT, UPDATE, DELETE, TRUNCATE') AS "mayChange"`,
    [table],
  );
  return MayChange.parse(rows[0]).mayChange;
}

async function withDatabase<T>(
  databaseUrl: string,
  ca: string | undefined,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = connectDatabase(databaseUrl, 'evida doctor', pino({ level: 'silent' }), ca);
  try {
    return await work(database);
  } catch (error) {
    const known = asUnavailable(error, 'asking Postgres');
    throw known instanceof EvidaError || !(error instanceof Error) ? known : new Error(error.message);
  } finally {
    await database.end();
  }
}
