import { z } from 'zod';
import type { Database } from './database.ts';

const Table = z.object({ name: z.string() });

/** A table that has grown by so much is another one to the planner. */
const GROWTH = 1.3;
/** Below that, any plan will do. */
const FEWEST_BYTES = 1 << 20;

/**
 * Looks anew at the tables that have grown much since Postgres did: after a first copy, autovacuum would come a minute too
 * late, and plans for empty tables take hours on full ones. A role that may not is only warned by Postgres.
 */
export async function refreshStatistics(database: Database): Promise<void> {
  const { rows } = await database.query(
    `SELECT oid::regclass::text AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > $1
        AND pg_relation_size(oid) > $2::double precision * greatest(relpages, 0) * current_setting('block_size')::integer`,
    [FEWEST_BYTES, GROWTH],
  );
  for (const { name } of z.array(Table).parse(rows)) await database.query(`ANALYZE ${name}`);
}
