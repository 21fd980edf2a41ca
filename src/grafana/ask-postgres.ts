import pg from 'pg';
import { EvidaError } from '../errors.ts';
import { type Connection, type Database, withConnection } from '../postgres/database.ts';
import type { Field, FieldType, Frame, Value } from './frame.ts';

const GIVE_UP_AFTER = '60s';

/** The types of Postgres by their numbers, as Grafana's data source takes them; what is not here is text. */
const TYPES = new Map<number, FieldType>([
  ...[20, 21, 23, 26, 700, 701, 1700].map((oid): [number, FieldType] => [oid, 'number']),
  ...[1082, 1114, 1184].map((oid): [number, FieldType] => [oid, 'time']),
  [16, 'boolean'],
]);

/**
 * What Postgres answers, read only and in UTC, as Grafana's data source has it.
 * @throws EvidaError POSTGRES_REFUSED, POSTGRES_UNAVAILABLE; the signal's reason
 */
export async function askPostgres(database: Database, sql: string, signal?: AbortSignal): Promise<Frame> {
  const { fields, rows } = await readOnly(
    database,
    (connection) =>
      connection.query<(string | null)[]>({
        text: sql,
        rowMode: 'array',
        // Values stay as Postgres writes them, and are read by their types below.
        types: { getTypeParser: () => (text: string) => text },
      } as pg.QueryArrayConfig),
    signal,
  );
  return {
    fields: fields.map(({ name, dataTypeID }, column): Field => {
      const type = TYPES.get(dataTypeID) ?? 'string';
      const values = rows.map((row) => parse(row[column] ?? null, type));
      return name === 'time' && type === 'number'
        ? { name, type: 'time', values: values.map(epochMs) }
        : { name, type, values };
    }),
  };
}

/**
 * The plan of a query, as EXPLAIN (FORMAT JSON) gives it, when the planner would rather do anything than read a whole table:
 * in a small database it would read all there is, whatever indexes there are.
 * @throws EvidaError as `askPostgres`
 */
export async function planWithIndexes(
  database: Database,
  sql: string,
  signal?: AbortSignal,
): Promise<unknown> {
  const { rows } = await readOnly(
    database,
    async (connection) => {
      for (const way of ['seqscan', 'hashjoin', 'mergejoin'])
        await connection.query(`SET LOCAL enable_${way} = off`);
      return await connection.query({ text: `EXPLAIN (FORMAT JSON) ${sql}`, rowMode: 'array' });
    },
    signal,
  );
  return rows[0];
}

async function readOnly<T>(
  database: Database,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await withConnection(
      database,
      async (connection) => {
        await connection.query('BEGIN READ ONLY');
        await connection.query(`SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'`);
        await connection.query(`SET LOCAL statement_timeout = '${GIVE_UP_AFTER}'`);
        const result = await work(connection);
        await connection.query('ROLLBACK');
        return result;
      },
      signal,
    );
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const isDenied = error.code?.startsWith('28');
    throw new EvidaError('POSTGRES_REFUSED', {
      operation: 'asking Postgres',
      cause: error,
      ...(isDenied && { hint: 'Check user and password in DATABASE_READER_URL, or else in DATABASE_URL.' }),
    });
  }
}

function parse(text: string | null, type: FieldType): Value {
  if (text === null || type === 'string') return text;
  if (type === 'boolean') return text === 't';
  if (type === 'number') return Number(text);
  // A day, or a time without a zone, is taken to be in UTC. What has no end is no time that could be shown.
  const zoned =
    /[+-]\d\d(:\d\d)*$/.test(text) && text.includes(' ') ? text.replace(/([+-]\d\d)$/, '$1:00') : `${text}Z`;
  const ms = Date.parse(zoned.replace(' ', 'T').replace(/^(\d{4}-\d\d-\d\d)Z$/, '$1T00:00Z'));
  return Number.isNaN(ms) ? null : ms;
}

/** A number in a column `time` counts s, or ms, since 1970. */
function epochMs(value: Value): Value {
  return typeof value === 'number' && Math.abs(value) < 1e11 ? value * 1000 : value;
}
