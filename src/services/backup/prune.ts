import type { Archive } from './archive.ts';
import { FOLDERS } from './folders.ts';
import { blobsOf, listChain, listPruned, markPruned, readManifest } from './manifest.ts';
import type { OnStep } from './progress.ts';

/** How Evida names what it stores; what has another name was put there by somebody else, and stays. */
const OWN_NAME = /-[0-9a-f]{64}\.[a-z]+\.gz(\.enc)?$/;

export interface PruneOptions {
  /** So many backups stay, whatever their age. */
  readonly keep: number;
  readonly isDryRun: boolean;
}

export interface Pruned {
  /** Backups that were there, and that are (or would be) left. */
  readonly before: number;
  readonly kept: number;
  /** Blobs and manifests that were (or would be) removed. */
  readonly removed: number;
  readonly bytes: number;
  readonly isDryRun: boolean;
}

/**
 * Removes what none of the last backups needs. May be killed at any time: manifests go before the blobs that only they need,
 * and what is left is removed by the next one. Not beside a backup, which may just have found a blob that this removes.
 * @throws EvidaError BLOB_UNAVAILABLE, BACKUP_DAMAGED if a backup that stays cannot be read: then nothing is removed
 */
export async function pruneBackups(
  archive: Archive,
  { keep, isDryRun }: PruneOptions,
  onStep: OnStep,
): Promise<Pruned> {
  const chain = await listChain(archive);
  const sequences = [...chain.names.keys()];
  const kept = sequences.slice(-keep);
  const needed = new Set<string>();
  for (const sequence of kept) {
    const { manifest } = await readManifest(archive, chain.names.get(sequence) ?? '');
    for (const name of blobsOf(manifest).keys()) needed.add(name);
  }
  const first = kept[0];
  const isShorter = first !== undefined && first !== sequences[0];
  if (isShorter && !isDryRun) await markPruned(archive, first);
  const old = isDryRun
    ? sequences.slice(0, sequences.length - kept.length).map((sequence) => chain.names.get(sequence) ?? '')
    : await listPruned(archive, await listChain(archive));
  let removed = 0;
  let bytes = 0;
  const remove = async (name: string, size: number): Promise<void> => {
    if (!isDryRun) await archive.storage.remove(name);
    onStep({ what: name, done: 'removed', bytes: size });
    removed++;
    bytes += size;
  };
  for (const name of old) await remove(name, 0);
  // Without any backup, nobody can say what is needed.
  for (const folder of kept.length === 0 ? [] : FOLDERS)
    for await (const blob of archive.storage.list(folder))
      if (!needed.has(blob.name) && OWN_NAME.test(blob.name)) await remove(blob.name, blob.bytes);
  return { before: sequences.length, kept: kept.length, removed, bytes, isDryRun };
}
