import { z } from 'zod';
import type { Database } from '../../postgres/database.ts';

/** The tables that the analysis is for. */
const ANALYTIC_TABLES = [
  'charging_session',
  'charging_event_day',
  'charging_event_week',
  'charging_box_analysis',
  'charging_pattern',
  'customer_month',
  'loyal_customers',
] as const;

const Checksum = z.object({ rows: z.number(), checksum: z.string() });

export interface TableChecksum {
  readonly rows: number;
  /** The same if, and only if, every value of every row is. */
  readonly checksum: string;
}

/** How many rows each table of the analysis has, and a checksum of them, whatever their order. */
export async function checksumTables(database: Database): Promise<Record<string, TableChecksum>> {
  const checksums: Record<string, TableChecksum> = {};
  for (const table of ANALYTIC_TABLES) {
    const { rows } = await database.query(
      `SELECT count(*)::integer AS rows, md5(coalesce(string_agg(hash, '' ORDER BY hash), '')) AS checksum
         FROM (SELECT md5(kept::text) AS hash FROM ${table} AS kept) AS hashes`,
    );
    checksums[table] = Checksum.parse(rows[0]);
  }
  return checksums;
}
