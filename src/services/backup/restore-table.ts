import { pipeline } from 'node:stream/promises';
import copyStreams from 'pg-copy-streams';
import { EvidaError } from '../../errors.ts';
import { type Connection, type Database, inTransaction } from '../../postgres/database.ts';
import type { Archive } from './archive.ts';
import { checksumOf, describeTable, PLAIN_TEXT, quoted } from './describe-table.ts';
import type { RowBlob, TableEntry } from './manifest.ts';
import { policyOf, scopeOf } from './table-policy.ts';

export interface RestoreOptions {
  /** Also over what is newer in the target; rows that are not in the backup are removed. */
  readonly isOverwriting: boolean;
  /** Does everything, and takes it back. */
  readonly isDryRun: boolean;
}

/**
 * Restores a table in one transaction: lays the backup's rows apart, compares them with what the source was, and only then
 * puts them in. Rows that are there stay if they are as new; done twice, it changes nothing more. Gives the rows it changed.
 * @throws EvidaError BACKUP_DAMAGED, BACKUP_TARGET, BLOB_UNAVAILABLE, POSTGRES_UNAVAILABLE
 */
export async function restoreTable(
  database: Database,
  archive: Archive,
  entry: TableEntry,
  options: RestoreOptions,
): Promise<number> {
  return await inTransaction(
    database,
    async (connection) => {
      await connection.query(PLAIN_TEXT);
      await checkTarget(connection, entry);
      await connection.query('SAVEPOINT untouched');
      await layApart(connection, archive, entry);
      const changed = await putIn(connection, entry, options.isOverwriting);
      if (options.isDryRun) await connection.query('ROLLBACK TO untouched');
      return changed;
    },
    archive.storage.signal,
  );
}

async function checkTarget(connection: Connection, { name, columns, key }: TableEntry): Promise<void> {
  const target = await describeTable(connection, name);
  const unknown = columns.filter((column) => !target.columns.includes(column));
  const isSameKey = key.join() === target.key.join() && key.length > 0;
  if (unknown.length === 0 && isSameKey) return;
  throw new EvidaError('BACKUP_TARGET', {
    operation: `restoring ${name}`,
    problem: isSameKey
      ? `the table has no column ${unknown.join(', ')}`
      : 'the table has another primary key',
    hint: 'The database must be of the version of Evida that made the backup, or of a later one that restores it.',
  });
}

/** The table as it was, in a temporary one. */
async function layApart(connection: Connection, archive: Archive, entry: TableEntry): Promise<void> {
  const { name, columns, key, blobs } = entry;
  const names = quoted(columns);
  await connection.query(
    `CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT ${names} FROM ${name} WITH NO DATA`,
  );
  // An index only where single rows are looked for; it is built once the many are in.
  const isWhole = blobs.every(({ kind }) => kind === 'all');
  for (const blob of blobs.filter(({ kind }) => kind === 'all'))
    await copyInto(connection, archive, 'incoming', columns, blob);
  if (!isWhole) await connection.query(`CREATE UNIQUE INDEX ON incoming (${quoted(key)})`);
  for (const blob of blobs.filter(({ kind }) => kind !== 'all')) {
    const given = blob.kind === 'removed' ? key : columns;
    await connection.query(
      `CREATE TEMPORARY TABLE piece ON COMMIT DROP AS SELECT ${quoted(given)} FROM ${name} WITH NO DATA`,
    );
    await copyInto(connection, archive, 'piece', given, blob);
    await connection.query(
      `DELETE FROM incoming USING piece WHERE (${quoted(key, 'incoming.')}) = (${quoted(key, 'piece.')})`,
    );
    if (blob.kind === 'changed')
      await connection.query(`INSERT INTO incoming (${names}) SELECT ${names} FROM piece`);
    await connection.query('DROP TABLE piece');
  }
  const { rows, checksum } = await checksumOf(connection, 'incoming', columns);
  if (rows === entry.rows && checksum === entry.checksum) return;
  throw new EvidaError('BACKUP_DAMAGED', {
    operation: `restoring ${name}`,
    problem: `its blobs hold ${rows} rows, which are not the ${entry.rows} that the table had`,
    hint: 'Restore an earlier backup, with --at.',
  });
}

async function copyInto(
  connection: Connection,
  archive: Archive,
  table: string,
  columns: readonly string[],
  blob: RowBlob,
): Promise<void> {
  await archive.get(blob, (content) =>
    pipeline(
      content,
      connection.query(copyStreams.from(`COPY ${table} (${quoted(columns)}) FROM STDIN (FORMAT csv)`)),
    ),
  );
}

async function putIn(
  connection: Connection,
  { name, columns, key }: TableEntry,
  isOverwriting: boolean,
): Promise<number> {
  const policy = policyOf(name);
  const names = quoted(columns);
  let changed = 0;
  if (isOverwriting && !(policy?.kind === 'snapshot' && policy.onlyGrows)) {
    await connection.query(`CREATE INDEX ON incoming (${quoted(key)})`);
    const { rowCount } = await connection.query(
      `DELETE FROM ${name} AS kept WHERE ${scopeOf(policy)}
          AND NOT EXISTS (SELECT FROM incoming WHERE (${quoted(key, 'incoming.')}) = (${quoted(key, 'kept.')}))`,
    );
    changed += rowCount ?? 0;
  }
  const values = quoted(columns.filter((column) => !key.includes(column)));
  const isOlder = policy?.kind === 'facts' ? `kept.${policy.newer} < excluded.${policy.newer}` : undefined;
  const condition = isOverwriting
    ? `(${quoted(columns, 'kept.')}) IS DISTINCT FROM (${quoted(columns, 'excluded.')})`
    : isOlder;
  const onConflict =
    condition === undefined || values === ''
      ? 'DO NOTHING'
      : `DO UPDATE SET (${values}) = ROW(${quoted(
          columns.filter((column) => !key.includes(column)),
          'excluded.',
        )}) WHERE ${condition}`;
  const { rowCount } = await connection.query(
    `INSERT INTO ${name} AS kept (${names}) SELECT ${names} FROM incoming ON CONFLICT (${quoted(key)}) ${onConflict}`,
  );
  return changed + (rowCount ?? 0);
}
