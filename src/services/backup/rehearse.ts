import { EvidaError } from '../../errors.ts';
import { inTransaction } from '../../postgres/database.ts';
import type { Archive } from './archive.ts';
import { checksumOf, PLAIN_TEXT } from './describe-table.ts';
import { type Manifest, readLatest } from './manifest.ts';
import type { OnStep } from './progress.ts';
import { type RestoreTarget, restoreManifest } from './restore.ts';
import { contentOfDay } from './restore-day.ts';
import { policyOf, scopeOf } from './table-policy.ts';

export interface Rehearsal {
  readonly backup: number;
  readonly createdAt: string;
  readonly tables: number;
  readonly rows: number;
  readonly days: number;
  readonly values: number;
  /** Tables and days whose count or hash is not that of the source at the time of the backup. */
  readonly differences: readonly string[];
  /** Whether there are none. */
  readonly equal: boolean;
}

/** Runs a piece of work on empty databases, which are gone after it. */
export type OnScratch = <T>(manifest: Manifest, work: (target: RestoreTarget) => Promise<T>) => Promise<T>;

/**
 * Restores the latest backup into databases made for that, and compares the counts and hashes of what is in them with those
 * that the source had at the moment of the backup.
 * @throws EvidaError BACKUP_ABSENT if there is no backup; BACKUP_DAMAGED if it cannot be restored; those of the servers
 */
export async function rehearse(archive: Archive, onScratch: OnScratch, onStep: OnStep): Promise<Rehearsal> {
  const latest = await readLatest(archive);
  if (latest === undefined) {
    throw new EvidaError('BACKUP_ABSENT', {
      operation: 'rehearsing a restore',
      problem: 'there is no backup yet',
      hint: 'Make one: evida backup run.',
    });
  }
  const { manifest } = latest;
  return await onScratch(manifest, async (target) => {
    const restored = await restoreManifest(
      target,
      archive,
      manifest,
      { isOverwriting: true, isDryRun: false },
      onStep,
    );
    const differences = [
      ...(await compareTables(target, manifest)),
      ...(await compareDays(target, archive, manifest)),
    ];
    const { backup, createdAt, tables, rows, days, values } = restored;
    return { backup, createdAt, tables, rows, days, values, differences, equal: differences.length === 0 };
  });
}

/** @throws EvidaError BACKUP_DAMAGED if a rehearsal found differences: it is a failure, whoever asked for it */
export function refuseDifferent({ backup, differences }: Rehearsal): void {
  if (differences.length === 0) return;
  throw new EvidaError('BACKUP_DAMAGED', {
    operation: `rehearsing a restore of backup ${backup}`,
    problem: `${differences.length} differ from the source: ${differences.slice(0, 5).join('; ')}`,
    hint: 'Make a full backup, evida backup run --full, and rehearse again.',
  });
}

async function compareTables({ database }: RestoreTarget, { postgres }: Manifest): Promise<string[]> {
  return await inTransaction(database, async (connection) => {
    await connection.query(PLAIN_TEXT);
    const differences: string[] = [];
    for (const { name, columns, rows, checksum } of postgres.tables) {
      const found = await checksumOf(connection, name, columns, scopeOf(policyOf(name)));
      if (found.rows !== rows || found.checksum !== checksum)
        differences.push(`${name}: ${found.rows} rows, in the source ${rows}`);
    }
    return differences;
  });
}

async function compareDays(target: RestoreTarget, archive: Archive, { influx }: Manifest): Promise<string[]> {
  const differences: string[] = [];
  for (const { bucket, name, days } of influx) {
    const into = { ...target, bucket: target.buckets[bucket], measurement: name };
    for (const { day, values, blob } of days) {
      const found = await contentOfDay(into, day, archive.storage.signal);
      if (found.content !== blob.content)
        differences.push(`${bucket} ${name} ${day}: ${found.values} values, in the source ${values}`);
    }
  }
  return differences;
}
