import type { Archive } from './archive.ts';
import { blobsOf, listChain, readManifest } from './manifest.ts';

export interface BackupSummary {
  readonly backup: number;
  readonly createdAt: string;
  readonly version: string;
  readonly rows: number;
  readonly values: number;
  readonly blobs: number;
  /** In storage, of all its blobs, also those that others need too. */
  readonly bytes: number;
}

/** What backups there are, in order. @throws EvidaError BLOB_UNAVAILABLE, BACKUP_DAMAGED, BACKUP_KEY */
export async function listBackups(archive: Archive): Promise<BackupSummary[]> {
  const summaries: BackupSummary[] = [];
  for (const name of (await listChain(archive)).names.values()) {
    const { manifest } = await readManifest(archive, name);
    const { sequence, createdAt, version, postgres, influx } = manifest;
    const blobs = [...blobsOf(manifest).values()];
    summaries.push({
      backup: sequence,
      createdAt,
      version,
      rows: postgres.tables.reduce((sum, { rows }) => sum + rows, 0),
      values: influx.flatMap(({ days }) => days).reduce((sum, { values }) => sum + values, 0),
      blobs: blobs.length,
      bytes: blobs.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  }
  return summaries;
}
