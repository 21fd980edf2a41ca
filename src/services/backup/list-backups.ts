import { EvidaError, messageOf } from '../../errors.ts';
import type { Archive } from './archive.ts';
import { blobsOf, listChain, tryManifest } from './manifest.ts';

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

/** One whose manifest cannot be read, and why. */
export interface DamagedBackup {
  readonly backup: number;
  readonly damaged: string;
}

/** What backups there are, in order. @throws EvidaError BLOB_UNAVAILABLE, BACKUP_KEY */
export async function listBackups(archive: Archive): Promise<(BackupSummary | DamagedBackup)[]> {
  const summaries: (BackupSummary | DamagedBackup)[] = [];
  const chain = await listChain(archive);
  for (const [backup, name] of chain.names) {
    const stored = await tryManifest(archive, name, chain);
    if (stored instanceof EvidaError) {
      summaries.push({ backup, damaged: messageOf(stored) });
      continue;
    }
    const { manifest } = stored;
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
