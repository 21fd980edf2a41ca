import { z } from 'zod';
import { asUnavailable, type Connection, connect, type Database } from '../postgres/database.ts';

/** Rows travel in pages of this size. */
const PAGE = 2000;
/** Rows commit late: each run reads this much of what it has seen once more. */
const OVERLAP = '1 hour';

const PageRow = z.object({
  rows: z.string().nullable(),
  count: z.number(),
  lastUpdatedAt: z.string().nullable(),
  lastId: z.string().nullable(),
});

/** One page of the source, as JSON text: no value passes through JavaScript's types, so none loses digits. */
const READ_PAGE = `
  SELECT json_agg(page)::text AS rows, count(*)::integer AS count,
         (max(updated_at))::text AS "lastUpdatedAt",
         (max(id) FILTER (WHERE updated_at = last_updated_at))::text AS "lastId"
    FROM (SELECT page.*, max(updated_at) OVER () AS last_updated_at
            FROM (SELECT * FROM transactions
                   WHERE (updated_at, id) > ($1::timestamptz, $2::bigint)
                   ORDER BY updated_at, id LIMIT $3) AS page) AS page`;

const WRITE_PAGE = `
  INSERT INTO eboost_transaction
  SELECT * FROM json_populate_recordset(NULL::eboost_transaction, $1::json)
      ON CONFLICT (id) DO UPDATE SET
         (invoice_id, user_id, box_unique_id, outlet_unique_id, start_time, end_time, wattage_consumed, total_fee,
          total_consumed_fee, activation_fee, discount_amount, promotion_code, promotion_discount, paid, status,
          reason_closed, created_at, updated_at) =
         (excluded.invoice_id, excluded.user_id, excluded.box_unique_id, excluded.outlet_unique_id,
          excluded.start_time, excluded.end_time, excluded.wattage_consumed, excluded.total_fee,
          excluded.total_consumed_fee, excluded.activation_fee, excluded.discount_amount, excluded.promotion_code,
          excluded.promotion_discount, excluded.paid, excluded.status, excluded.reason_closed, excluded.created_at,
          excluded.updated_at)
   WHERE eboost_transaction IS DISTINCT FROM excluded`;

/**
 * Copies the transactions of the Eboost database that are new or changed since the last copy, by (updated_at, id)
 * with an overlap. Gives the number of rows that became other than they were.
 * @throws EvidaError POSTGRES_UNAVAILABLE
 */
export async function mirrorTransactions(
  eboost: Database,
  connection: Connection,
  signal: AbortSignal,
): Promise<number> {
  const source = await connect(eboost);
  try {
    let changed = 0;
    let position = await startOf(connection);
    for (;;) {
      signal.throwIfAborted();
      const { rows } = await source.query(READ_PAGE, [position.updatedAt, position.id, PAGE]);
      const page = PageRow.parse(rows[0]);
      if (page.rows === null || page.lastUpdatedAt === null || page.lastId === null) return changed;
      changed += (await connection.query(WRITE_PAGE, [page.rows])).rowCount ?? 0;
      if (page.count < PAGE) return changed;
      position = { updatedAt: page.lastUpdatedAt, id: page.lastId };
    }
  } catch (error) {
    throw asUnavailable(error, 'copying transactions from the Eboost database');
  } finally {
    source.release();
  }
}

/** Where to read from; times travel as text, since a JavaScript date would cut their microseconds. */
async function startOf(connection: Connection): Promise<{ updatedAt: string; id: string }> {
  const { rows } = await connection.query(
    `SELECT coalesce(max(updated_at) - $1::interval, '-infinity')::text AS "updatedAt" FROM eboost_transaction`,
    [OVERLAP],
  );
  return { updatedAt: z.object({ updatedAt: z.string() }).parse(rows[0]).updatedAt, id: '-1' };
}
