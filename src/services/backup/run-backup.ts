import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EvidaError } from '../../errors.ts';
import type { Database } from '../../postgres/database.ts';
import { VERSION } from '../../project-file.ts';
import type { Archive } from './archive.ts';
import { exportMeasurements, type MeasurementSources } from './export-measurements.ts';
import { exportTables } from './export-tables.ts';
import { FOLDERS } from './folders.ts';
import { blobsOf, type Manifest, readLatest, writeManifest } from './manifest.ts';
import { type OnStep, Progress } from './progress.ts';

/** A file that goes into the backup as it is, under a name of its own; one that is not there is left out. */
export interface FileSource {
  readonly name: string;
  /** Undefined if there is none. */
  readonly read: () => Promise<string | undefined>;
}

export interface BackupSources extends MeasurementSources {
  readonly database: Database;
  readonly archive: Archive;
  readonly files: () => Promise<readonly FileSource[]>;
  /** ms UTC. */
  readonly now: () => number;
  readonly onStep: OnStep;
}

export interface BackupOptions {
  /** Reads everything anew, as if there were no backup before; what is in storage already is not sent again. */
  readonly isFull?: boolean;
}

export interface BackupResult {
  readonly backup: number;
  /** Blobs that were read anew; those of them that were not in storage yet, and their bytes. */
  readonly blobs: number;
  readonly stored: number;
  readonly bytes: number;
}

/**
 * Makes a backup: copies what has changed since the one before, then writes the manifest, with which it exists. One that was
 * killed leaves blobs, which the next one finds in their place.
 * @throws EvidaError BLOB_UNAVAILABLE, BLOB_CONFLICT, BACKUP_DAMAGED, BACKUP_KEY, POSTGRES_UNAVAILABLE, INFLUX_UNAVAILABLE
 */
export async function runBackup(sources: BackupSources, options: BackupOptions = {}): Promise<BackupResult> {
  const { archive, database, now, onStep } = sources;
  await archive.clean(now());
  const progress = new Progress(onStep);
  const last = await readLatest(archive);
  const isThere = await reliable(archive, last?.manifest);
  const createdAt = new Date(now()).toISOString();
  const previous = options.isFull ? undefined : last?.manifest;
  const postgres = await exportTables(database, archive, relied(previous, isThere), progress);
  const influx = await exportMeasurements(
    sources,
    archive,
    previous,
    ({ blob }) => isThere(blob.name),
    Date.parse(createdAt),
    progress,
  );
  const manifest: Manifest = {
    format: 1,
    sequence: (last?.manifest.sequence ?? 0) + 1,
    createdAt,
    version: VERSION,
    previous: last === undefined ? null : { sequence: last.manifest.sequence, sha256: last.sha256 },
    postgres,
    influx,
    files: await exportFiles(sources, progress),
  };
  await writeManifest(archive, manifest);
  const { blobs, stored, bytes } = progress;
  return { backup: manifest.sequence, blobs, stored, bytes };
}

/** Tells of each blob of a manifest whether storage still has it, by its name and size. */
async function reliable(
  archive: Archive,
  manifest: Manifest | undefined,
): Promise<(name: string) => boolean> {
  // Also without a manifest: one that was killed has left blobs.
  const there = await archive.storage.learn(FOLDERS);
  if (manifest === undefined) return () => false;
  const blobs = blobsOf(manifest);
  // Without its key, what was encrypted or not before is no part of this archive.
  return (name) =>
    there.get(name) === blobs.get(name)?.bytes && name.endsWith('.enc') === archive.isEncrypted;
}

/** Facts of which a blob is gone are copied whole again. */
function relied(
  previous: Manifest | undefined,
  isThere: (name: string) => boolean,
): Manifest['postgres'] | undefined {
  if (previous === undefined) return undefined;
  const tables = previous.postgres.tables.filter(({ blobs }) => blobs.every(({ name }) => isThere(name)));
  return { ...previous.postgres, tables };
}

async function exportFiles(
  { archive, files }: BackupSources,
  progress: Progress,
): Promise<Manifest['files']> {
  const exported: Manifest['files'] = [];
  for (const { name, read } of await files()) {
    const text = await read();
    if (text === undefined) continue;
    const put = await archive.put(`files/${name}`, 'txt', one(text));
    if (put === undefined) continue;
    progress.put(`files/${name}`, put);
    exported.push({ name, blob: put.blob });
  }
  return exported;
}

async function* one(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text);
}

/** The files of a folder, with the names of those below `into/`; none if there is no folder. */
export async function filesOf(folder: string, into: string): Promise<FileSource[]> {
  const names = await readdir(folder).catch(missing([]));
  return names
    .sort()
    .map((name) => ({ name: `${into}/${name}`, read: () => readIfThere(join(folder, name)) }));
}

/** Undefined if there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(missing(undefined));
}

function missing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return instead;
    throw new EvidaError('DATA_FILE', { operation: 'reading a file for the backup', cause: error });
  };
}
