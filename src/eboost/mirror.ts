import { z } from 'zod';
import { asUnavailable, type Connection, type Database, withConnection } from '../postgres/database.ts';

/** Rows travel in pages of this size. */
const PAGE = 2000;
/** Rows commit late: each run reads this much of what it has seen once more. */
const OVERLAP = '1 hour';

/** The advisory lock of the process that changes the mirror. */
const MIRROR_LOCK = 7_305_422_002;

/** A table of the Eboost database and its mirror; both have `id` and `updated_at`. */
interface MirroredTable {
  readonly source: string;
  readonly mirror: string;
  /** The instant by which a row belongs to a business day, in SQL. */
  readonly at: string;
}

export const TRANSACTIONS: MirroredTable = {
  source: 'transactions',
  mirror: 'eboost_transaction',
  at: 'coalesce(start_time, updated_at)',
};
const BOXES: MirroredTable = { source: 'boxes', mirror: 'eboost_box', at: 'created_at' };
const USERS: MirroredTable = { source: 'users', mirror: 'eboost_user', at: 'created_at' };

/** What has become other than it was. */
export interface Changes {
  /** Transactions that are new or other. */
  transactions: number;
  users: number;
  boxes: number;
  /** The business days of the transactions, as they were before and as they are now. */
  readonly transactionDays: Set<string>;
  /** The business days on which boxes that were not known were set up. */
  readonly newBoxDays: Set<string>;
}

/** Before anything was looked at: to be added to. */
export function noChanges(): Changes {
  return { transactions: 0, users: 0, boxes: 0, transactionDays: new Set(), newBoxDays: new Set() };
}

const PageRow = z.object({
  rows: z.string().nullable(),
  count: z.number(),
  lastUpdatedAt: z.string().nullable(),
  lastId: z.string().nullable(),
});
const WrittenRow = z.object({
  changed: z.number(),
  days: z.array(z.string()),
  newDays: z.array(z.string()),
  newBoxes: z.array(z.string()),
});
const Position = z.object({ updatedAt: z.string() });
const Day = z.object({ day: z.string() });

/** Waits until nobody else changes the mirror, and keeps others from it until the transaction ends. */
export async function lockMirror(connection: Connection): Promise<void> {
  await connection.query('SELECT pg_advisory_xact_lock($1)', [MIRROR_LOCK]);
}

/**
 * Copies what is new or changed at Eboost since the last copy, by (updated_at, id) with an overlap. Of customers who are
 * forgotten, triggers of the mirror write only what may be kept (sql/migrations/0011-forgotten-customer.sql).
 * @param timeZone where business days start
 * @throws EvidaError POSTGRES_UNAVAILABLE; the signal's reason
 */
export async function mirrorEboost(
  eboost: Database,
  connection: Connection,
  timeZone: string,
  signal: AbortSignal,
): Promise<Changes> {
  const changes = noChanges();
  const copy = new Copy(eboost, connection, timeZone, signal);
  changes.transactions = await copy.changed(TRANSACTIONS, await startOf(connection, TRANSACTIONS), changes);
  changes.boxes = await copy.changed(BOXES, await startOf(connection, BOXES), changes);
  changes.users = await copy.changed(USERS, await startOf(connection, USERS), changes);
  return changes;
}

/** Reads boxes and users from the first to the last. Those that are gone at Eboost are kept. */
export async function mirrorMasterData(
  eboost: Database,
  connection: Connection,
  timeZone: string,
  signal: AbortSignal,
  changes: Changes,
): Promise<void> {
  const copy = new Copy(eboost, connection, timeZone, signal);
  changes.boxes += await copy.changed(BOXES, '-infinity', changes);
  changes.users += await copy.changed(USERS, '-infinity', changes);
}

/** Lays rows into a mirror; whatever it reads travels as JSON text, so that no value loses digits in JavaScript. */
class Copy {
  readonly #eboost: Database;
  readonly #connection: Connection;
  readonly #timeZone: string;
  readonly #signal: AbortSignal;

  constructor(eboost: Database, connection: Connection, timeZone: string, signal: AbortSignal) {
    this.#eboost = eboost;
    this.#connection = connection;
    this.#timeZone = timeZone;
    this.#signal = signal;
  }

  /** The number of rows that are new or other. @param updatedAt as text: a JavaScript date would cut its microseconds */
  changed(table: MirroredTable, updatedAt: string, changes: Changes): Promise<number> {
    const work = async (source: Connection) => {
      let changed = 0;
      let position = { updatedAt, id: '-9223372036854775808' };
      for (;;) {
        const { rows } = await source.query(readPage(table), [position.updatedAt, position.id, PAGE]);
        const page = PageRow.parse(rows[0]);
        if (page.rows === null || page.lastUpdatedAt === null || page.lastId === null) return changed;
        changed += await writePage(this.#connection, table, page.rows, this.#timeZone, changes);
        if (page.count < PAGE) return changed;
        position = { updatedAt: page.lastUpdatedAt, id: page.lastId };
      }
    };
    return readEboost(this.#eboost, `copying ${table.source} from the Eboost database`, work, this.#signal);
  }
}

/**
 * Lends `work` a connection to the Eboost database, which is closed when the signal is aborted, whatever it waits for.
 * @param operation what is done, for errors
 * @throws EvidaError POSTGRES_UNAVAILABLE; the signal's reason
 */
export function readEboost<T>(
  eboost: Database,
  operation: string,
  work: (source: Connection) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const named = async (source: Connection): Promise<T> => {
    try {
      return await work(source);
    } catch (error) {
      throw asUnavailable(error, operation);
    }
  };
  return withConnection(eboost, named, signal);
}

function readPage({ source }: MirroredTable): string {
  return `
  SELECT json_agg(page)::text AS rows, count(*)::integer AS count,
         (max(updated_at))::text AS "lastUpdatedAt",
         (max(id) FILTER (WHERE updated_at = last_updated_at))::text AS "lastId"
    FROM (SELECT page.*, max(updated_at) OVER () AS last_updated_at
            FROM (SELECT * FROM ${source}
                   WHERE (updated_at, id) > ($1::timestamptz, $2::bigint)
                   ORDER BY updated_at, id LIMIT $3) AS page) AS page`;
}

/** Writes a page of rows, as JSON text. Gives the number of those that are new or other. */
export async function writePage(
  connection: Connection,
  table: MirroredTable,
  rows: string,
  timeZone: string,
  changes: Changes,
): Promise<number> {
  const written = await connection.query(await writeStatement(connection, table), [rows, timeZone]);
  const { changed, days, newDays, newBoxes } = WrittenRow.parse(written.rows[0]);
  if (table === TRANSACTIONS) for (const day of days) changes.transactionDays.add(day);
  if (table === BOXES && newBoxes.length > 0) {
    for (const day of newDays) changes.newBoxDays.add(day);
    for (const day of await daysOfBoxes(connection, newBoxes, timeZone)) changes.transactionDays.add(day);
  }
  return changed;
}

const statements = new Map<string, string>();

/** The columns are those of the mirror, so that they are named in its migration only. */
async function writeStatement(connection: Connection, { mirror, at }: MirroredTable): Promise<string> {
  const known = statements.get(mirror);
  if (known !== undefined) return known;
  const { rows } = await connection.query(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns,
            string_agg('excluded.' || quote_ident(attname), ', ' ORDER BY attnum) AS excluded
       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [mirror],
  );
  const { columns, excluded } = z.object({ columns: z.string(), excluded: z.string() }).parse(rows[0]);
  const boxes = mirror === BOXES.mirror ? 'array_agg(unique_id) FILTER (WHERE is_new)' : 'NULL::text[]';
  const statement = `
  WITH page AS (
    SELECT * FROM json_populate_recordset(NULL::${mirror}, $1::json)
  ), before AS (
    SELECT kept.* FROM ${mirror} AS kept JOIN page USING (id)
  ), written AS (
    INSERT INTO ${mirror} AS kept SELECT * FROM page
        ON CONFLICT (id) DO UPDATE SET (${columns}) = (${excluded})
     WHERE kept IS DISTINCT FROM excluded
    RETURNING kept.*
  ), changed AS (
    SELECT written.*, false AS was_before, NOT EXISTS (SELECT FROM before WHERE before.id = written.id) AS is_new FROM written
     UNION ALL
    SELECT before.*, true, false FROM before JOIN written USING (id)
  ), dated AS (
    SELECT *, ((${at}) AT TIME ZONE $2)::date::text AS day FROM changed
  )
  SELECT (count(*) FILTER (WHERE NOT was_before))::integer AS changed,
         coalesce(array_agg(DISTINCT day) FILTER (WHERE day IS NOT NULL), '{}') AS days,
         coalesce(array_agg(DISTINCT day) FILTER (WHERE is_new AND day IS NOT NULL), '{}') AS "newDays",
         coalesce(${boxes}, '{}') AS "newBoxes"
    FROM dated`;
  statements.set(mirror, statement);
  return statement;
}

/** What boxes billed before they were known becomes valid with them. */
async function daysOfBoxes(connection: Connection, boxes: string[], timeZone: string): Promise<string[]> {
  const { rows } = await connection.query(
    `SELECT DISTINCT ((${TRANSACTIONS.at}) AT TIME ZONE $2)::date::text AS day
       FROM eboost_transaction WHERE box_unique_id = ANY ($1)`,
    [boxes, timeZone],
  );
  return z
    .array(Day)
    .parse(rows)
    .map(({ day }) => day);
}

/** From where to read on; a row that claims to be of the future must not hide what comes until then. */
async function startOf(connection: Connection, { mirror }: MirroredTable): Promise<string> {
  const { rows } = await connection.query(
    `SELECT coalesce(max(updated_at) - $1::interval, '-infinity')::text AS "updatedAt"
       FROM ${mirror} WHERE updated_at <= now()`,
    [OVERLAP],
  );
  return Position.parse(rows[0]).updatedAt;
}
