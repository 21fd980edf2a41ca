import { z } from 'zod';
import { lockMirror, TRANSACTIONS } from '../../eboost/mirror.ts';
import { type Connection, type Database, inTransaction } from '../../postgres/database.ts';
import { requestDays } from '../../postgres/job-ledger.ts';
import { jobNamed } from './jobs.ts';

const Known = z.object({
  name: z.string().nullable(),
  transactions: z.number(),
  months: z.number(),
  forgottenAt: z.string().nullable(),
});

/** What the tables tell of a customer: the name, how many transactions, and how many rows by month. */
export type KnownCustomer = z.output<typeof Known> & {
  /** Number at Eboost. */
  readonly customer: string;
};

const Days = z.array(z.object({ day: z.string() }));

/** Whose rows count customers, or name them. */
const COUNTING_JOBS = [
  'judged-transaction',
  'charging-event-day',
  'charging-event-week',
  'charging-box-analysis',
  'customer-month',
  'loyal-customers',
  'month-report',
].map(jobNamed);

/** @param customer a whole number, as text @throws EvidaError POSTGRES_UNAVAILABLE */
export async function lookUpCustomer(
  database: Database | Connection,
  customer: string,
): Promise<KnownCustomer> {
  const { rows } = await database.query(
    `SELECT (SELECT name FROM eboost_user WHERE id = $1) AS name,
            (SELECT count(*)::integer FROM eboost_transaction WHERE user_id = $1) AS transactions,
            (SELECT count(*)::integer FROM customer_month WHERE customer = $1) AS months,
            (SELECT to_json(forgotten_at) #>> '{}' FROM forgotten_customer WHERE id = $1) AS "forgottenAt"`,
    [customer],
  );
  return { customer, ...Known.parse(rows[0]) };
}

/**
 * Forgets a customer: the name and all rows by month go, the transactions become those of customer 0; all of it, or nothing.
 * What counts customers becomes due. From then on the triggers of the tables hold to it. Gives what was known until then.
 * @param customer a whole number other than 0, as text
 * @param timeZone where business days start
 * @throws EvidaError POSTGRES_UNAVAILABLE
 */
export function forgetCustomer(
  database: Database,
  customer: string,
  timeZone: string,
): Promise<KnownCustomer> {
  return inTransaction(database, async (connection) => {
    await lockMirror(connection);
    const known = await lookUpCustomer(connection, customer);
    await connection.query('INSERT INTO forgotten_customer (id) VALUES ($1) ON CONFLICT DO NOTHING', [
      customer,
    ]);
    for (const [table, column] of [
      ['eboost_user', 'id'],
      ['customer_month', 'customer'],
      ['loyal_customers', 'customer'],
    ])
      await connection.query(`DELETE FROM ${table} WHERE ${column} = $1`, [customer]);
    // Written as they are: the triggers write what may be kept of them.
    const billed = await connection.query(
      `UPDATE eboost_transaction SET user_id = user_id WHERE user_id = $1
        RETURNING ((${TRANSACTIONS.at}) AT TIME ZONE $2)::date::text AS day`,
      [customer, timeZone],
    );
    const judged = await connection.query(
      'UPDATE judged_transaction SET customer = customer WHERE customer = $1 RETURNING day::text AS day',
      [customer],
    );
    await requestCounts(connection, [...billed.rows, ...judged.rows]);
    return known;
  });
}

/**
 * Makes due what counts customers on the days of those who are forgotten: after a backup from before was restored, its counts
 * are those of then.
 */
export async function countForgottenAgain(database: Database): Promise<void> {
  await inTransaction(database, async (connection) => {
    const { rows } = await connection.query(
      'SELECT DISTINCT day::text AS day FROM judged_transaction WHERE customer = 0',
    );
    await requestCounts(connection, rows);
  });
}

async function requestCounts(connection: Connection, rows: readonly unknown[]): Promise<void> {
  const days = new Set(Days.parse(rows).map(({ day }) => day));
  for (const job of COUNTING_JOBS) await requestDays(connection, job, days);
}
