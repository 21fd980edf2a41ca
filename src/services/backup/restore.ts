import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EvidaError } from '../../errors.ts';
import type { ExportValues } from '../../influx/export-values.ts';
import type { WriteBatch } from '../../influx/write-batch.ts';
import type { Database } from '../../postgres/database.ts';
import { refreshStatistics } from '../../postgres/planner-statistics.ts';
import type { Archive } from './archive.ts';
import { listChain, type Manifest, readManifest, readManifestAt } from './manifest.ts';
import type { OnStep } from './progress.ts';
import { restoreDay } from './restore-day.ts';
import { type RestoreOptions, restoreTable } from './restore-table.ts';
import { FORGOTTEN } from './table-policy.ts';

/** Where a backup is restored to. */
export interface RestoreTarget {
  readonly database: Database;
  readonly exportValues: ExportValues;
  readonly writeBatch: WriteBatch;
  readonly buckets: { readonly telemetry: string; readonly history: string };
}

export interface RestoreSelection extends RestoreOptions {
  /** The last backup that was made then or before, ms UTC. */
  readonly atMs: number;
  /** Only this table or measurement. */
  readonly only?: string;
  /** The folder into which the box list, the thresholds and the dashboards are written; nowhere if absent. */
  readonly filesInto?: string;
}

export interface Restored {
  readonly backup: number;
  readonly createdAt: string;
  readonly tables: number;
  /** Rows that were (or would be) put in, changed or removed. */
  readonly rows: number;
  readonly days: number;
  /** Values that were (or would be) written to InfluxDB. */
  readonly values: number;
  readonly isDryRun: boolean;
}

/**
 * Restores a backup into databases that are empty or not. One that was killed is done again: what it had finished is found so.
 * @throws EvidaError BACKUP_ABSENT, BACKUP_DAMAGED, BACKUP_KEY, BACKUP_TARGET, BLOB_UNAVAILABLE and those of the servers
 */
export async function restoreBackup(
  target: RestoreTarget,
  archive: Archive,
  selection: RestoreSelection,
  onStep: OnStep,
): Promise<Restored> {
  const { manifest } = await readManifestAt(archive, selection.atMs);
  const { filesInto, ...rest } = selection;
  await restoreForgotten(target.database, archive, selection);
  const restored = await restoreManifest(target, archive, manifest, rest, onStep);
  if (filesInto !== undefined && !selection.isDryRun) await writeFiles(archive, manifest, filesInto, onStep);
  return restored;
}

/** Who was forgotten after the backup that is restored stays so: by the last backup whose list can be read. */
async function restoreForgotten(
  database: Database,
  archive: Archive,
  options: RestoreOptions,
): Promise<void> {
  for (const name of [...(await listChain(archive)).names.values()].reverse()) {
    try {
      const { manifest } = await readManifest(archive, name);
      const list = manifest.postgres.tables.find((table) => table.name === FORGOTTEN);
      if (list !== undefined) await restoreTable(database, archive, list, options);
      return;
    } catch (error) {
      if (!(error instanceof EvidaError) || error.code !== 'BACKUP_DAMAGED') throw error;
    }
  }
}

async function writeFiles(
  archive: Archive,
  { files }: Manifest,
  folder: string,
  onStep: OnStep,
): Promise<void> {
  for (const { name, blob } of files) {
    const path = resolve(folder, name);
    if (!path.startsWith(resolve(folder) + sep)) {
      throw new EvidaError('BACKUP_DAMAGED', {
        operation: `writing ${name}`,
        problem: `it leads out of ${folder}`,
      });
    }
    await mkdir(dirname(path), { recursive: true });
    await archive.get(blob, (content) => pipeline(content, createWriteStream(path)));
    onStep({ what: `files/${name}`, done: 'restored', bytes: blob.bytes });
  }
}

/** The same for a manifest that is at hand. */
export async function restoreManifest(
  target: RestoreTarget,
  archive: Archive,
  manifest: Manifest,
  { only, ...options }: Omit<RestoreSelection, 'atMs' | 'filesInto'>,
  onStep: OnStep,
): Promise<Restored> {
  const tables = manifest.postgres.tables.filter(({ name }) => only === undefined || name === only);
  const measurements = manifest.influx.filter(({ name }) => only === undefined || name === only);
  if (tables.length + measurements.length === 0) throw nothingOfThatName(only ?? '', manifest);
  let rows = 0;
  for (const table of tables) {
    rows += await restoreTable(target.database, archive, table, options);
    const bytes = table.blobs.reduce((sum, blob) => sum + blob.bytes, 0);
    onStep({ what: `postgres/${table.name}`, done: 'restored', bytes });
  }
  if (!options.isDryRun && tables.length > 0) await refreshStatistics(target.database);
  let days = 0;
  let values = 0;
  for (const { bucket, name, days: all } of measurements) {
    const into = { ...target, bucket: target.buckets[bucket], measurement: name };
    for (const day of all) {
      const written = await restoreDay(into, archive, day, options);
      values += written;
      days++;
      const what = `influx/${bucket}/${name}/${day.day}`;
      onStep({ what, done: written === 0 ? 'kept' : 'restored', bytes: day.blob.bytes });
    }
  }
  const { sequence: backup, createdAt } = manifest;
  return { backup, createdAt, tables: tables.length, rows, days, values, isDryRun: options.isDryRun };
}

function nothingOfThatName(only: string, { postgres, influx }: Manifest): EvidaError {
  const names = [...postgres.tables, ...influx].map(({ name }) => name);
  return new EvidaError('BACKUP_ABSENT', {
    operation: `restoring only ${only}`,
    problem: `the backup holds no table or measurement of this name, but ${[...new Set(names)].join(', ')}`,
  });
}
