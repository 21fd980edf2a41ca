import pg from 'pg';
import { z } from 'zod';
import { kept, type PlannedChange } from '../planned-change.ts';
import { type Database, inTransaction } from './database.ts';
import { scramVerifier } from './scram-verifier.ts';

/** The roles of one database, named after it, since roles belong to the whole server. */
export interface RoleNames {
  /** Owns the tables; nobody logs in as it. */
  readonly owner: string;
  /** Evida itself: reads and changes rows. */
  readonly app: string;
  /** Dashboards: only reads. */
  readonly reader: string;
  /** Rehearsals of a restore: makes databases of its own, and sees nothing of this one. */
  readonly rehearsal: string;
}

export function roleNames(database: string): RoleNames {
  return {
    owner: `${database}_owner`,
    app: `${database}_app`,
    reader: `${database}_reader`,
    rehearsal: `${database}_rehearsal`,
  };
}

/** A role that logs in. */
export interface LoginWanted {
  /** Whether one can still log in with the password that was kept. */
  readonly isKnown: boolean;
  /** Sets a new password by the function that it is given, and keeps it. */
  readonly renew: (set: (password: string) => Promise<void>) => Promise<void>;
}

/** The roles that log in, and what each may, in words. */
const LOGINS = [
  { kind: 'app', may: 'reads and changes rows', createsDatabases: false },
  { kind: 'reader', may: 'only reads', createsDatabases: false },
  { kind: 'rehearsal', may: 'only makes databases of its own', createsDatabases: true },
] as const;
type Login = (typeof LOGINS)[number];

const Name = z.object({ name: z.string() });
const Role = z.object({
  name: z.string(),
  login: z.boolean(),
  createsDatabases: z.boolean(),
  powerful: z.boolean(),
});
type Role = z.output<typeof Role>;

/** The name of the database that a pool is connected to. */
export async function databaseName(database: Database): Promise<string> {
  const { rows } = await database.query('SELECT current_database() AS name');
  return Name.parse(rows[0]).name;
}

/** What is to be done so that the roles exist, with no more power than they need and passwords that are known. */
export async function planRoles(
  database: Database,
  names: RoleNames,
  logins: { readonly [kind in Login['kind']]: LoginWanted },
): Promise<PlannedChange[]> {
  const { rows } = await database.query(
    `SELECT rolname AS name, rolcanlogin AS login,
            rolcreatedb AS "createsDatabases",
            rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful
       FROM pg_roles WHERE rolname = ANY($1)`,
    [Object.values(names)],
  );
  const roles = new Map(
    z
      .array(Role)
      .parse(rows)
      .map((role) => [role.name, role]),
  );
  return [
    await planOwner(database, names.owner, roles.get(names.owner)),
    ...LOGINS.map((wanted) =>
      planLogin(database, names[wanted.kind], wanted, logins[wanted.kind], roles.get(names[wanted.kind])),
    ),
  ];
}

/** The administrator becomes a member of it, to do in its name what it is to own. */
async function planOwner(database: Database, name: string, role: Role | undefined): Promise<PlannedChange> {
  const what = `role ${name}, owns the tables`;
  if (role !== undefined && !role.login && (await mayActAs(database, name))) return kept(what);
  const owner = pg.escapeIdentifier(name);
  const apply = () =>
    inTransaction(database, async (connection) => {
      if (role === undefined) await connection.query(`CREATE ROLE ${owner}`);
      if (role?.login) await connection.query(`ALTER ROLE ${owner} NOLOGIN`);
      await connection.query(`GRANT ${owner} TO CURRENT_USER`);
      await connection.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`);
    });
  return { action: role === undefined ? 'create' : 'update', what, apply };
}

async function mayActAs(database: Database, owner: string): Promise<boolean> {
  const { rows } = await database.query(
    // Before version 16, who was a member could act as the role.
    `SELECT 'yes' AS name
      WHERE CASE WHEN current_setting('server_version_num')::integer >= 160000
                 THEN pg_has_role(current_user, $1, 'SET') ELSE pg_has_role(current_user, $1, 'MEMBER') END
        AND has_schema_privilege($1, 'public', 'CREATE')`,
    [owner],
  );
  return rows.length === 1;
}

function planLogin(
  database: Database,
  name: string,
  { may, createsDatabases }: Login,
  login: LoginWanted,
  role: Role | undefined,
): PlannedChange {
  const what = `role ${name}, ${may}`;
  const isFit = role?.login === true && !role.powerful && role.createsDatabases === createsDatabases;
  if (isFit && login.isKnown) return kept(what);
  const identifier = pg.escapeIdentifier(name);
  const powers = createsDatabases ? 'LOGIN CREATEDB' : 'LOGIN';
  const noOthers = `NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS ${createsDatabases ? '' : 'NOCREATEDB'}`;
  const apply = () =>
    login.renew(async (password) => {
      // As a verifier: a password in a statement would stand in the server's log if the statement failed.
      const verifier = pg.escapeLiteral(scramVerifier(password));
      const verb = role === undefined ? 'CREATE' : 'ALTER';
      // Only a superuser may say what a role is not, and a new one is none of it.
      const others = isFit || role === undefined ? '' : noOthers;
      await database.query(`${verb} ROLE ${identifier} ${powers} ${others} PASSWORD ${verifier}`);
    });
  if (role === undefined) return { action: 'create', what, apply };
  const reason = isFit ? 'its password was not at hand' : 'it had other powers';
  return { action: 'update', what: `${what} (${reason})`, apply };
}
