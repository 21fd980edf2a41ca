import { z } from 'zod';
import { EvidaError } from '../../errors.ts';
import type { Connection } from '../../postgres/database.ts';

const Described = z.object({ columns: z.array(z.string()), key: z.array(z.string()) });
const Checksum = z.object({ rows: z.coerce.number(), checksum: z.string() });

/** Names as SQL takes them. */
export function quoted(names: readonly string[], prefix = ''): string {
  return names.map((name) => `${prefix}"${name.replaceAll('"', '""')}"`).join(', ');
}

/** How values read as text: the same in every database. */
export const PLAIN_TEXT = `SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601';
  SET LOCAL extra_float_digits = 1; SET LOCAL jit = off`;

/** The columns of a table and those of its primary key, each in order. @throws EvidaError BACKUP_TARGET if there is none */
export async function describeTable(
  connection: Connection,
  table: string,
): Promise<z.output<typeof Described>> {
  const { rows } = await connection.query(
    `SELECT array_agg(attname::text ORDER BY attnum) AS columns,
            (SELECT coalesce(array_agg(key.attname::text ORDER BY array_position(indkey::smallint[], key.attnum)), '{}')
               FROM pg_index JOIN pg_attribute AS key ON key.attrelid = indrelid AND key.attnum = ANY (indkey)
              WHERE indrelid = to_regclass($1) AND indisprimary) AS key
       FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  const described = Described.safeParse(rows[0]);
  if (described.success) return described.data;
  throw new EvidaError('BACKUP_TARGET', {
    operation: `looking at table ${table}`,
    problem: 'there is none',
    hint: 'The database must be of the version of Evida that made the backup, or of a later one.',
  });
}

/**
 * How many rows a table has, and a checksum of all their values, whatever their order; after PLAIN_TEXT.
 * @param scope a condition on its rows
 */
export async function checksumOf(
  connection: Connection,
  table: string,
  columns: readonly string[],
  scope = 'true',
): Promise<z.output<typeof Checksum>> {
  const { rows } = await connection.query(
    `SELECT count(*) AS rows, coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint::numeric), 0) || ':'
                           || coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint::numeric), 0) AS checksum
       FROM (SELECT md5(ROW(${quoted(columns)})::text) AS hash FROM ${table} WHERE ${scope}) AS hashes`,
  );
  return Checksum.parse(rows[0]);
}
