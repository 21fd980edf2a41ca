import { z } from 'zod';
import type { Connection, Database } from '../postgres/database.ts';
import { type Changes, readEboost, TRANSACTIONS, writePage } from './mirror.ts';

/** Rows travel in pages of this size. */
const PAGE = 2000;

/** What is compared of a month, of both sides alike: how many rows, and a hash of their numbers and last changes. */
const digestsOf = (table: string) => `
  SELECT to_char(start_time AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*)::integer AS count,
         md5(string_agg(id || ' ' || to_char(updated_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), ',' ORDER BY id)) AS hash
    FROM ${table} GROUP BY 1`;
const OF_MONTH = `to_char(start_time AT TIME ZONE 'UTC', 'YYYY-MM') IS NOT DISTINCT FROM $1`;

const Digest = z.object({ month: z.string().nullable(), count: z.number(), hash: z.string() });
const Page = z.object({ rows: z.string().nullable(), count: z.number(), lastId: z.string().nullable() });
const Deleted = z.object({ day: z.string() });
const Ids = z.object({ ids: z.array(z.string()) });

export interface Comparison {
  /** Months (2026-10, in UTC) in which the mirror was not the same as Eboost; those without a start are "none". */
  readonly months: readonly string[];
  /** Transactions that had been missed, and such as are gone at Eboost. */
  readonly found: number;
  readonly gone: number;
}

/**
 * Compares the mirror of the transactions with Eboost, month by month, and reads anew those that differ: so it finds what
 * committed later than the overlap of the copy reaches back, and what was deleted.
 * @param changes takes the days of what was found
 * @throws EvidaError POSTGRES_UNAVAILABLE; the signal's reason
 */
export function compareMirror(
  eboost: Database,
  connection: Connection,
  timeZone: string,
  signal: AbortSignal,
  changes: Changes,
): Promise<Comparison> {
  const work = async (source: Connection): Promise<Comparison> => {
    const months = await differingMonths(source, connection);
    let found = 0;
    for (const month of months) {
      for await (const rows of pagesOf(source, month))
        found += await writePage(connection, TRANSACTIONS, rows, timeZone, changes);
    }
    let gone = 0;
    // Last: a row may only have moved from one of these months to another.
    for (const month of months) gone += await deleteGone(source, connection, month, timeZone, changes);
    changes.transactions += found + gone;
    return { months: months.map((month) => month ?? 'none'), found, gone };
  };
  return readEboost(eboost, 'comparing the mirror with the Eboost database', work, signal);
}

async function differingMonths(source: Connection, connection: Connection): Promise<(string | null)[]> {
  const [there, here] = await Promise.all(
    [source.query(digestsOf(TRANSACTIONS.source)), connection.query(digestsOf(TRANSACTIONS.mirror))].map(
      async (query) =>
        new Map(
          z
            .array(Digest)
            .parse((await query).rows)
            .map(({ month, count, hash }) => [month, `${count} ${hash}`]),
        ),
    ),
  );
  const months = new Set([...(there?.keys() ?? []), ...(here?.keys() ?? [])]);
  return [...months].filter((month) => there?.get(month) !== here?.get(month)).sort();
}

async function* pagesOf(source: Connection, month: string | null): AsyncGenerator<string> {
  let lastId = '-9223372036854775808';
  for (;;) {
    const { rows } = await source.query(
      `SELECT json_agg(page)::text AS rows, count(*)::integer AS count, max(id)::text AS "lastId"
         FROM (SELECT * FROM ${TRANSACTIONS.source} WHERE ${OF_MONTH} AND id > $2::bigint ORDER BY id LIMIT $3) AS page`,
      [month, lastId, PAGE],
    );
    const page = Page.parse(rows[0]);
    if (page.rows === null || page.lastId === null) return;
    yield page.rows;
    lastId = page.lastId;
  }
}

async function deleteGone(
  source: Connection,
  connection: Connection,
  month: string | null,
  timeZone: string,
  changes: Changes,
): Promise<number> {
  const there = await source.query(
    `SELECT coalesce(array_agg(id::text), '{}') AS ids FROM ${TRANSACTIONS.source} WHERE ${OF_MONTH}`,
    [month],
  );
  const { rows } = await connection.query(
    `DELETE FROM ${TRANSACTIONS.mirror}
      WHERE ${OF_MONTH} AND NOT EXISTS (SELECT FROM unnest($2::bigint[]) AS there (id) WHERE there.id = ${TRANSACTIONS.mirror}.id)
  RETURNING ((${TRANSACTIONS.at}) AT TIME ZONE $3)::date::text AS day`,
    [month, Ids.parse(there.rows[0]).ids, timeZone],
  );
  const deleted = z.array(Deleted).parse(rows);
  for (const { day } of deleted) changes.transactionDays.add(day);
  return deleted.length;
}
