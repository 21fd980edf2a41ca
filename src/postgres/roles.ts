import pg from 'pg';
import { z } from 'zod';
import { kept, type PlannedChange } from '../planned-change.ts';
import type { Database } from './database.ts';

/** The roles of one database, named after it, since roles belong to the whole server. */
export interface RoleNames {
  /** Owns the tables; nobody logs in as it. */
  readonly owner: string;
  /** Evida itself: reads and changes rows. */
  readonly app: string;
  /** Dashboards: only reads. */
  readonly reader: string;
}

export function roleNames(database: string): RoleNames {
  return { owner: `${database}_owner`, app: `${database}_app`, reader: `${database}_reader` };
}

/** A role that logs in: whether its password is still at hand, and how a new one is made and kept. */
export interface LoginWanted {
  readonly isKnown: boolean;
  readonly renew: () => Promise<string>;
}

const Name = z.object({ name: z.string() });

/** The name of the database that a pool is connected to. */
export async function databaseName(database: Database): Promise<string> {
  const { rows } = await database.query('SELECT current_database() AS name');
  return Name.parse(rows[0]).name;
}

/** What is to be done so that the three roles exist, with passwords that are known. */
export async function planRoles(
  database: Database,
  names: RoleNames,
  logins: { readonly app: LoginWanted; readonly reader: LoginWanted },
): Promise<PlannedChange[]> {
  const { rows } = await database.query('SELECT rolname AS name FROM pg_roles WHERE rolname = ANY($1)', [
    Object.values(names),
  ]);
  const existing = new Set(
    z
      .array(Name)
      .parse(rows)
      .map(({ name }) => name),
  );
  const owner = pg.escapeIdentifier(names.owner);
  const changes: PlannedChange[] = [
    existing.has(names.owner)
      ? kept(`role ${names.owner}, owns the tables`)
      : {
          action: 'create',
          what: `role ${names.owner}, owns the tables`,
          apply: async () => {
            await database.query(`CREATE ROLE ${owner} NOLOGIN`);
            await database.query(`GRANT ${owner} TO CURRENT_USER`);
            await database.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`);
          },
        },
  ];
  for (const [name, login, may] of [
    [names.app, logins.app, 'reads and changes rows'],
    [names.reader, logins.reader, 'only reads'],
  ] as const) {
    changes.push(planLogin(database, name, login, may, existing.has(name)));
  }
  return changes;
}

function planLogin(
  database: Database,
  name: string,
  login: LoginWanted,
  may: string,
  exists: boolean,
): PlannedChange {
  const what = `role ${name}, ${may}`;
  if (exists && login.isKnown) return kept(what);
  return {
    action: exists ? 'update' : 'create',
    what: exists ? `${what} (its password was not at hand)` : what,
    apply: async () => {
      const verb = exists ? 'ALTER' : 'CREATE';
      const password = pg.escapeLiteral(await login.renew());
      await database.query(`${verb} ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD ${password}`);
    },
  };
}

/**
 * What is to be done so that the roles have their rights on all tables there are and will be, and the owner owns them.
 * The rights of a role that does not exist yet are planned with it.
 */
export async function planGrants(
  database: Database,
  names: RoleNames,
  databaseName: string,
): Promise<PlannedChange> {
  const what = `rights of ${names.owner}, ${names.app} and ${names.reader} on ${databaseName}`;
  const { rows } = await database.query(GRANTS_MISSING, [names.owner, names.app, names.reader]);
  const { tables, missing } = Missing.parse(rows[0]);
  if (tables > 0 && missing === 0) return kept(what);
  return {
    action: tables === 0 ? 'create' : 'update',
    what,
    apply: () => grant(database, names, databaseName),
  };
}

const Missing = z.object({ tables: z.number(), missing: z.number() });

/** Counts the tables and views of which a role does not exist, or lacks a right, or that somebody else owns. */
const GRANTS_MISSING = `
  SELECT count(*)::integer AS tables,
         count(*) FILTER (WHERE NOT coalesce(
           pg_get_userbyid(relowner) = $1
           AND has_table_privilege((SELECT oid FROM pg_roles WHERE rolname = $2), relation.oid, 'SELECT')
           AND has_table_privilege((SELECT oid FROM pg_roles WHERE rolname = $3), relation.oid, 'SELECT'), false))::integer AS missing
    FROM pg_class AS relation
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')`;

async function grant(database: Database, names: RoleNames, databaseName: string): Promise<void> {
  const [owner, app, reader, name] = [names.owner, names.app, names.reader, databaseName].map((word) =>
    pg.escapeIdentifier(word),
  );
  await database.query(`
    DO $$
    DECLARE relation record;
    BEGIN
      FOR relation IN SELECT oid::regclass AS name FROM pg_class
                       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
      LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO ${owner}', relation.name);
      END LOOP;
    END $$;
    GRANT CONNECT ON DATABASE ${name} TO ${app}, ${reader};
    GRANT USAGE ON SCHEMA public TO ${app}, ${reader};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app};
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader};
    REVOKE INSERT, UPDATE, DELETE ON migration FROM ${app};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT SELECT ON TABLES TO ${reader}`);
}
