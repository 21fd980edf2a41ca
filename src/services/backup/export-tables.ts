import copyStreams from 'pg-copy-streams';
import { z } from 'zod';
import { type Connection, type Database, inTransaction } from '../../postgres/database.ts';
import type { Archive } from './archive.ts';
import { checksumOf, describeTable, PLAIN_TEXT, quoted } from './describe-table.ts';
import type { Manifest, RowBlob, TableEntry } from './manifest.ts';
import type { Progress } from './progress.ts';
import {
  FORGOTTEN,
  IDS_A_BLOB,
  MOST_CHANGES,
  scopeOf,
  TABLE_POLICIES,
  type TablePolicy,
} from './table-policy.ts';

const Snapshot = z.object({ identity: z.string(), horizon: z.string() });
const Ranges = z.array(z.object({ range: z.string() }));

/**
 * Copies all tables as they are at one moment: in one snapshot. Of facts, only rows that were written by transactions which
 * the backup before could not see the end of, and later ones; everything that they wrote and that this snapshot does not see
 * yet is at or after the horizon that it gives, where the next backup begins.
 */
export async function exportTables(
  database: Database,
  archive: Archive,
  previous: Manifest['postgres'] | undefined,
  progress: Progress,
): Promise<Manifest['postgres']> {
  const { signal } = archive.storage;
  return await inTransaction(
    database,
    async (connection) => {
      await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await connection.query(PLAIN_TEXT);
      const snapshot = await takeSnapshot(connection);
      let since = isContinued(previous, snapshot) ? previous : undefined;
      const tables: TableEntry[] = [];
      for (const policy of TABLE_POLICIES) {
        const before = since?.tables.find(({ name }) => name === policy.table);
        const exporting = new TableExport(connection, archive, policy, progress);
        const entry = await exporting.run(before, since?.horizon);
        tables.push(entry);
        // What older blobs tell of a customer who was forgotten must be in no backup from now on.
        if (policy.table === FORGOTTEN && entry.rows > 0 && entry.checksum !== before?.checksum)
          since = undefined;
      }
      return { ...snapshot, tables };
    },
    signal,
  );
}

/** The system, its timeline (which a restored server leaves) and the database. */
async function takeSnapshot(connection: Connection): Promise<z.output<typeof Snapshot>> {
  const { rows } = await connection.query(
    `SELECT system.system_identifier || '/' || checkpoint.timeline_id || '/' || pg_database.oid AS identity,
            pg_snapshot_xmin(pg_current_snapshot())::text AS horizon
       FROM pg_control_system() AS system, pg_control_checkpoint() AS checkpoint, pg_database
      WHERE datname = current_database()`,
  );
  return Snapshot.parse(rows[0]);
}

function isContinued(
  previous: Manifest['postgres'] | undefined,
  { identity, horizon }: z.output<typeof Snapshot>,
): boolean {
  return previous?.identity === identity && BigInt(previous.horizon) <= BigInt(horizon);
}

/** One table on its way into the archive. */
class TableExport {
  readonly #connection: Connection;
  readonly #archive: Archive;
  readonly #policy: TablePolicy;
  readonly #progress: Progress;

  constructor(connection: Connection, archive: Archive, policy: TablePolicy, progress: Progress) {
    this.#connection = connection;
    this.#archive = archive;
    this.#policy = policy;
    this.#progress = progress;
  }

  async run(before: TableEntry | undefined, horizon: string | undefined): Promise<TableEntry> {
    const { table } = this.#policy;
    const { columns, key } = await describeTable(this.#connection, table);
    const isSame = before?.columns.join() === columns.join();
    const blobs =
      this.#policy.kind === 'snapshot'
        ? await this.#snapshot(columns, key, this.#policy.month)
        : isSame && horizon !== undefined && before.blobs.length < MOST_CHANGES
          ? [...before.blobs, ...(await this.#changes(columns, horizon))]
          : await this.#all(columns);
    const { rows, checksum } = await checksumOf(this.#connection, table, columns, scopeOf(this.#policy));
    return { name: table, columns, key, rows, checksum, blobs };
  }

  async #snapshot(
    columns: readonly string[],
    key: readonly string[],
    month: string | undefined,
  ): Promise<RowBlob[]> {
    const scope = scopeOf(this.#policy);
    const order = quoted(key.length === 0 ? columns : key);
    if (month === undefined) {
      return await this.#rows('all', 'all', this.#select(columns, `WHERE ${scope} ORDER BY ${order}`));
    }
    const monthOf = `to_char(${month}, 'YYYY-MM')`;
    const blobs: RowBlob[] = [];
    for (const range of await this.#ranges(
      `SELECT DISTINCT ${monthOf} AS range FROM ${this.#policy.table}`,
    )) {
      const first = `date '${range}-01'`;
      const where = `${month} >= ${first} AND ${month} < ${first} + interval '1 month'`;
      blobs.push(
        ...(await this.#rows('all', range, this.#select(columns, `WHERE ${where} ORDER BY ${order}`))),
      );
    }
    return blobs;
  }

  async #all(columns: readonly string[]): Promise<RowBlob[]> {
    const blobs: RowBlob[] = [];
    const ranges = `SELECT DISTINCT div(id, ${IDS_A_BLOB})::text AS range FROM ${this.#policy.table}`;
    for (const range of await this.#ranges(ranges)) {
      const where = `div(id, ${IDS_A_BLOB}) = ${range} AND ${around(range)}`;
      blobs.push(...(await this.#rows('all', range, this.#select(columns, `WHERE ${where} ORDER BY id`))));
    }
    return blobs;
  }

  async #changes(columns: readonly string[], horizon: string): Promise<RowBlob[]> {
    const { table } = this.#policy;
    const changed = `SELECT id FROM changed_row WHERE relation = '${table}' AND xid >= '${horizon}'::xid8`;
    const removed = `SELECT id FROM (${changed}) AS changed WHERE NOT EXISTS (SELECT FROM ${table} WHERE id = changed.id)`;
    return [
      ...(await this.#rows('removed', `removed-${horizon}`, `${removed} ORDER BY id`)),
      ...(await this.#rows(
        'changed',
        `changed-${horizon}`,
        this.#select(columns, `JOIN (${changed}) AS changed USING (id) ORDER BY id`),
      )),
    ];
  }

  #select(columns: readonly string[], rest: string): string {
    return `SELECT ${quoted(columns, 'kept.')} FROM ${this.#policy.table} AS kept ${rest}`;
  }

  async #ranges(query: string): Promise<string[]> {
    const { rows } = await this.#connection.query(query);
    return Ranges.parse(rows)
      .map(({ range }) => range)
      .sort();
  }

  /** @param query of Evida's own words and numbers, never input */
  async #rows(kind: RowBlob['kind'], range: string, query: string): Promise<RowBlob[]> {
    const copy = this.#connection.query(copyStreams.to(`COPY (${query}) TO STDOUT (FORMAT csv)`));
    // A connection that was closed says so at once, before anybody reads: then whoever reads is told.
    copy.on('error', (error) => copy.destroy(error));
    const path = `postgres/${this.#policy.table}/${range}`;
    const put = await this.#archive.put(path, 'csv', copy);
    if (put === undefined) return [];
    this.#progress.put(path, put);
    return [{ ...put.blob, kind, rows: copy.rowCount }];
  }
}

/** The ids that may be in a range, so that the index finds them: `div` cuts towards zero. */
function around(range: string): string {
  const at = BigInt(range);
  const width = BigInt(IDS_A_BLOB);
  return `id > ${(at - 1n) * width} AND id < ${(at + 1n) * width}`;
}
