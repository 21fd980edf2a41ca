import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ContainerClient, RestError } from '@azure/storage-blob';
import { EvidaError, messageOf } from '../../errors.ts';

export interface StoredBlob {
  readonly name: string;
  /** False if a blob of this content was there already. */
  readonly isNew: boolean;
}

/**
 * Stores what `content` yields, gzipped, under a name that holds its hash: the same content is stored once,
 * whoever stores it and however often. It passes through a temporary file, so memory does not grow with it.
 * @param workDirectory where that file lives for a while
 * @param path what it is: `postgres/charging_event_day`
 * @param extension what its content is: `csv`
 * @throws EvidaError BLOB_UNAVAILABLE
 */
export async function storeBlob(
  container: ContainerClient,
  workDirectory: string,
  path: string,
  extension: string,
  content: AsyncIterable<string | Uint8Array>,
): Promise<StoredBlob> {
  const directory = await mkdtemp(join(workDirectory, 'blob-'));
  try {
    const file = join(directory, 'blob');
    const hash = createHash('sha256');
    const hashing = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(content, hashing, createGzip(), createWriteStream(file, { mode: 0o600 }));
    const name = `${path}/${hash.digest('hex')}.${extension}.gz`;
    return { name, isNew: await uploadOnce(container, name, file) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function uploadOnce(container: ContainerClient, name: string, file: string): Promise<boolean> {
  try {
    await container.getBlockBlobClient(name).uploadFile(file, {
      conditions: { ifNoneMatch: '*' },
      blobHTTPHeaders: { blobContentType: 'application/gzip' },
    });
    return true;
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 409) return false;
    throw new EvidaError('BLOB_UNAVAILABLE', {
      operation: `storing blob ${name}`,
      problem: messageOf(error),
      cause: error,
    });
  }
}
