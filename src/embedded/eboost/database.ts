import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { EvidaError } from '../../errors.ts';
import type { OnProgress } from '../part.ts';
import type { EboostHistory } from './history.ts';
import type { EboostBox, EboostTransaction, EboostUser } from './records.ts';
import { EBOOST_SCHEMA, EBOOST_TABLES } from './schema.ts';

/** One that no other program of this cluster is likely to lock: "eboost" in ASCII. */
const FILL_LOCK = 0x65626f6f7374;
const ROWS_PER_INSERT = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** A column: its Postgres type, and where its value comes from. */
type Columns<Row> = Readonly<Record<string, readonly [type: string, value: (row: Row) => unknown]>>;

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const USER_COLUMNS: Columns<EboostUser> = {
  id: ['bigint', (user) => user.id],
  name: ['text', (user) => user.name],
  created_at: ['timestamptz', (user) => time(user.createdAtMs)],
  updated_at: ['timestamptz', (user) => time(user.updatedAtMs)],
};

const BOX_COLUMNS: Columns<EboostBox> = {
  id: ['bigint', (box) => box.id],
  unique_id: ['text', (box) => box.uniqueId],
  name: ['text', (box) => box.name],
  status: ['boolean', (box) => box.status],
  city: ['text', (box) => box.city],
  district: ['text', (box) => box.district],
  address: ['text', (box) => box.address],
  latitude: ['float8', (box) => box.latitude],
  longitude: ['float8', (box) => box.longitude],
  created_at: ['timestamptz', (box) => time(box.createdAtMs)],
  updated_at: ['timestamptz', (box) => time(box.updatedAtMs)],
};

const TRANSACTION_COLUMNS: Columns<EboostTransaction> = {
  id: ['bigint', (row) => row.id],
  invoice_id: ['text', (row) => row.invoiceId],
  user_id: ['bigint', (row) => row.userId],
  box_unique_id: ['text', (row) => row.boxUniqueId],
  outlet_unique_id: ['text', (row) => row.outletUniqueId],
  start_time: ['timestamptz', (row) => time(row.startTimeMs)],
  end_time: ['timestamptz', (row) => time(row.endTimeMs)],
  wattage_consumed: ['numeric', (row) => row.wattageConsumedKwh],
  total_fee: ['numeric', (row) => row.totalFeeVnd],
  total_consumed_fee: ['numeric', (row) => row.totalConsumedFeeVnd],
  activation_fee: ['numeric', (row) => row.activationFeeVnd],
  discount_amount: ['numeric', (row) => row.discountAmountVnd],
  promotion_code: ['text', (row) => row.promotionCode],
  promotion_discount: ['numeric', (row) => row.promotionDiscountVnd],
  paid: ['boolean', (row) => row.paid],
  status: ['boolean', (row) => row.status],
  reason_closed: ['text', (row) => row.reasonClosed],
  created_at: ['timestamptz', (row) => time(row.createdAtMs)],
  updated_at: ['timestamptz', (row) => time(row.updatedAtMs)],
};

/**
 * Makes Eboost's tables in an existing database, as its owner. Those that are there already stay as they are.
 *
 * @throws EvidaError POSTGRES_UNAVAILABLE, MIGRATION_FAILED
 */
export async function createEboostDatabase(databaseUrl: string): Promise<void> {
  await inTransaction(databaseUrl, 'creating the tables of Eboost', async (client) => {
    await client.query(EBOOST_SCHEMA);
  });
}

/**
 * Loads a history, all of it or nothing. Does nothing if there are users already.
 *
 * @returns whether it was loaded now
 * @throws EvidaError POSTGRES_UNAVAILABLE, MIGRATION_FAILED
 */
export async function fillEboostDatabase(
  databaseUrl: string,
  history: Pick<EboostHistory, 'users' | 'boxes' | 'transactions'>,
  { onProgress }: { readonly onProgress?: OnProgress } = {},
): Promise<boolean> {
  return await inTransaction(databaseUrl, 'filling the database of Eboost', async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [FILL_LOCK]);
    const { rowCount } = await client.query('SELECT FROM users LIMIT 1');
    if (rowCount !== 0) return false;
    await insert(client, 'users', USER_COLUMNS, history.users);
    await insert(client, 'boxes', BOX_COLUMNS, history.boxes);
    await insert(client, 'transactions', TRANSACTION_COLUMNS, history.transactions, onProgress);
    return true;
  });
}

/**
 * Makes the role that Evida reads with: it may connect and read the three tables, and nothing else. Called again, it
 * gives the role of this database a new password.
 *
 * @throws EvidaError POSTGRES_UNAVAILABLE, MIGRATION_FAILED
 */
export async function createReader(
  databaseUrl: string,
): Promise<{ readonly user: string; readonly password: string }> {
  const password = randomBytes(24).toString('base64url');
  return await inTransaction(databaseUrl, 'creating the reader of Eboost', async (client) => {
    // Roles belong to the cluster: one for each database, so that two do not take each other's password away.
    const named = await client.query<{ database: string; user: string }>(
      "SELECT current_database() AS database, 'eboost_reader_' || oid AS user FROM pg_database WHERE datname = current_database()",
    );
    const { database = '', user = '' } = named.rows[0] ?? {};
    const role = pg.escapeIdentifier(user);
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [user]);
    const settings = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD ${pg.escapeLiteral(password)}`;
    await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} ${settings}`);
    await client.query(`
      ALTER ROLE ${role} SET default_transaction_read_only = on;
      REVOKE TEMPORARY ON DATABASE ${pg.escapeIdentifier(database)} FROM PUBLIC;
      REVOKE CREATE ON SCHEMA public FROM PUBLIC;
      GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${role};
      GRANT USAGE ON SCHEMA public TO ${role};
      GRANT SELECT ON ${EBOOST_TABLES.join(', ')} TO ${role};
    `);
    return { user, password };
  });
}

async function insert<Row>(
  client: pg.Client,
  table: string,
  columns: Columns<Row>,
  rows: readonly Row[],
  onProgress?: OnProgress,
): Promise<void> {
  const types = Object.values(columns).map(([type], index) => `$${index + 1}::${type}[]`);
  const statement = `INSERT INTO ${table} (${Object.keys(columns)}) SELECT * FROM unnest(${types})`;
  for (let done = 0; done < rows.length; done += ROWS_PER_INSERT) {
    const chunk = rows.slice(done, done + ROWS_PER_INSERT);
    await client.query(
      statement,
      Object.values(columns).map(([, value]) => chunk.map(value)),
    );
    onProgress?.(`Eboost: ${done + chunk.length} of ${rows.length} ${table}`);
  }
}

async function inTransaction<T>(
  databaseUrl: string,
  operation: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'evida-eboost-simulation',
  });
  // A connection that breaks also fails the query under way, which tells it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw new EvidaError('POSTGRES_UNAVAILABLE', { operation, cause, hint: 'check that Postgres runs' });
  }
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (cause) {
    throw new EvidaError('MIGRATION_FAILED', {
      operation,
      cause,
      hint: 'nothing was changed; the role needs to own the database, and to create roles for the reader',
    });
  } finally {
    // Without a commit, the end of the connection rolls back.
    await client.end().catch(() => undefined);
  }
}
