import pg from 'pg';
import { z } from 'zod';
import { kept, type PlannedChange } from '../planned-change.ts';
import type { Database } from './database.ts';
import type { RoleNames } from './roles.ts';

const Count = z.object({ count: z.number() });
const Rights = Count.extend({ isNew: z.boolean() });

/** What is to be done so that the owner owns what there is already: a database may have been made by `evida run`. */
export async function planOwnership(database: Database, { owner }: RoleNames): Promise<PlannedChange> {
  const what = `tables, views and functions, owned by ${owner}`;
  const { rows } = await database.query(
    `SELECT (SELECT count(*) FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND pg_get_userbyid(relowner) <> $1)::integer
          + (SELECT count(*) FROM pg_proc
              WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) <> $1)::integer AS count`,
    [owner],
  );
  const { count } = Count.parse(rows[0]);
  if (count === 0) return kept(what);
  return { action: 'update', what: `${what} (${count} were not)`, apply: () => takeOver(database, owner) };
}

async function takeOver(database: Database, owner: string): Promise<void> {
  const name = pg.escapeIdentifier(owner);
  await database.query(`
    DO $$
    DECLARE item record;
    BEGIN
      FOR item IN SELECT 'TABLE' AS kind, oid::regclass::text AS name FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
                   UNION ALL
                  SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      LOOP
        EXECUTE format('ALTER %s %s OWNER TO ${name}', item.kind, item.name);
      END LOOP;
    END $$`);
}

/**
 * What is to be done so that Evida's role may change the rows of all tables and dashboards' may only read, now and of
 * tables to come, that of rehearsals may connect, and none may do more.
 */
export async function planRights(
  database: Database,
  names: RoleNames,
  databaseName: string,
): Promise<PlannedChange> {
  const { owner, app, reader, rehearsal } = names;
  const what = `rights of ${app}, ${reader} and ${rehearsal} on ${databaseName}`;
  const { rows } = await database.query(WRONG_RIGHTS, [app, reader, owner, rehearsal]);
  const { count, isNew } = Rights.parse(rows[0]);
  if (count === 0) return kept(what);
  return { action: isNew ? 'create' : 'update', what, apply: () => setRights(database, names, databaseName) };
}

/**
 * Counts rights that are missing or too many; those of a role that does not exist yet are missing. Evida lays what it reads
 * into temporary tables, and tells Postgres when a table has grown much (MAINTAIN, from version 17 on).
 */
const WRONG_RIGHTS = `
  WITH roles AS (
    SELECT (SELECT oid FROM pg_roles WHERE rolname = $1) AS app, (SELECT oid FROM pg_roles WHERE rolname = $2) AS reader,
           (SELECT oid FROM pg_roles WHERE rolname = $4) AS rehearsal
  ), relations AS (
    SELECT oid, relname <> 'migration' AND relkind <> 'v' AS changes
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
  ), privileges AS (
    SELECT unnest('{SELECT, INSERT, UPDATE, DELETE, TRUNCATE}'::text[]) AS privilege
     UNION ALL
    SELECT 'MAINTAIN' WHERE current_setting('server_version_num')::integer >= 170000
  ), wanted (role, relation, privilege, allowed) AS (
    SELECT app, oid, privilege, privilege = 'SELECT' OR (changes AND privilege <> 'TRUNCATE') FROM roles, relations, privileges
     UNION ALL
    SELECT reader, oid, privilege, privilege = 'SELECT' FROM roles, relations, privileges
     UNION ALL
    SELECT rehearsal, oid, privilege, false FROM roles, relations, privileges
  )
  SELECT (SELECT app IS NULL FROM roles) AS "isNew",
         (SELECT count(*) FROM wanted
           WHERE role IS NULL OR has_table_privilege(role, relation, privilege) IS DISTINCT FROM allowed)::integer
       + (SELECT count(*) FROM roles
           WHERE app IS NULL OR reader IS NULL OR rehearsal IS NULL OR NOT EXISTS (SELECT FROM relations)
              OR NOT has_database_privilege(app, current_database(), 'TEMPORARY')
              OR NOT has_database_privilege(rehearsal, current_database(), 'CONNECT')
              OR has_schema_privilege(app, 'public', 'CREATE') OR has_schema_privilege(reader, 'public', 'CREATE')
              OR has_schema_privilege(rehearsal, 'public', 'CREATE')
              OR (SELECT count(*) FROM pg_default_acl
                   WHERE pg_get_userbyid(defaclrole) = $3 AND defaclnamespace = 'public'::regnamespace) = 0)::integer AS count`;

async function setRights(database: Database, names: RoleNames, databaseName: string): Promise<void> {
  const [owner, app, reader, rehearsal, name] = [
    names.owner,
    names.app,
    names.reader,
    names.rehearsal,
    databaseName,
  ].map((word) => pg.escapeIdentifier(word));
  await database.query(`
    REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${app}, ${reader}, ${rehearsal};
    GRANT CONNECT ON DATABASE ${name} TO ${app}, ${reader}, ${rehearsal};
    GRANT TEMPORARY ON DATABASE ${name} TO ${app};
    GRANT USAGE ON SCHEMA public TO ${app}, ${reader};
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${app}, ${reader}, ${rehearsal};
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${app}, ${reader};
    DO $$
    DECLARE
      relation record;
      rights text := 'INSERT, UPDATE, DELETE';
    BEGIN
      IF current_setting('server_version_num')::integer >= 170000 THEN rights := rights || ', MAINTAIN'; END IF;
      FOR relation IN SELECT oid::regclass AS name FROM pg_class
                       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'migration'
      LOOP
        EXECUTE format('GRANT %s ON %s TO ${app}', rights, relation.name);
      END LOOP;
      EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT SELECT, %s ON TABLES TO ${app}', rights);
    END $$;
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}`);
}
