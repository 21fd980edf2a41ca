import { EvidaError, messageOf } from '../../errors.ts';
import type { Archive } from './archive.ts';
import { FOLDERS } from './folders.ts';
import { blobsOf, listChain, type StoredManifest, tryManifest } from './manifest.ts';
import type { OnStep } from './progress.ts';

export interface Verification {
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  /** What is wrong: empty if every backup can be restored. */
  readonly problems: readonly string[];
  /** Blobs that no manifest names: what a backup that was killed left, or what somebody else put there. */
  readonly orphans: readonly string[];
}

/**
 * Reads every blob of every manifest, each once, and the chain of the manifests.
 * @throws EvidaError BLOB_UNAVAILABLE, BACKUP_KEY
 */
export async function verifyBackups(archive: Archive, onStep: OnStep): Promise<Verification> {
  const problems: string[] = [];
  const manifests = await readChain(archive, problems);
  const blobs = new Map(manifests.flatMap(({ manifest }) => [...blobsOf(manifest)]));
  let bytes = 0;
  for (const blob of blobs.values()) {
    try {
      // To its end: what was packed must come out as it went in.
      await archive.get(blob, async (content) => {
        for await (const _ of content) archive.storage.signal.throwIfAborted();
      });
      bytes += blob.bytes;
      onStep({ what: blob.name, done: 'verified', bytes: blob.bytes });
    } catch (error) {
      archive.storage.signal.throwIfAborted();
      if (isAway(error)) throw error;
      problems.push(messageOf(error));
    }
  }
  const orphans: string[] = [];
  for (const folder of FOLDERS)
    for await (const { name } of archive.storage.list(folder)) if (!blobs.has(name)) orphans.push(name);
  return { manifests: manifests.length, blobs: blobs.size, bytes, problems, orphans };
}

/** The manifests that can be read, in order; what is wrong with the chain goes to `problems`. */
async function readChain(archive: Archive, problems: string[]): Promise<StoredManifest[]> {
  const chain = await listChain(archive);
  const { names, prunedBefore, strange } = chain;
  for (const name of strange) problems.push(`${name}: it is no manifest`);
  const manifests: StoredManifest[] = [];
  const last = Math.max(prunedBefore - 1, ...names.keys());
  for (let sequence = prunedBefore; sequence <= last; sequence++) {
    const name = names.get(sequence);
    if (name === undefined) {
      problems.push(`manifest ${sequence}: it is missing`);
      continue;
    }
    const stored = await tryManifest(archive, name, chain);
    if (stored instanceof EvidaError) {
      problems.push(messageOf(stored));
      continue;
    }
    if (stored.manifest.sequence !== sequence)
      problems.push(`${name}: it is manifest ${stored.manifest.sequence}`);
    const before = manifests.at(-1);
    const { previous } = stored.manifest;
    if (before?.manifest.sequence === sequence - 1 && previous?.sha256 !== before.sha256)
      problems.push(`${name}: it follows another manifest than the one before it`);
    manifests.push(stored);
  }
  return manifests;
}

/** Then nothing can be said of the blobs. */
function isAway(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'BLOB_UNAVAILABLE' || error.code === 'BACKUP_KEY')
  );
}
