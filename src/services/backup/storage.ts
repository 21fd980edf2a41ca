import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ContainerClient, RestError } from '@azure/storage-blob';
import { EvidaError, messageOf } from '../../errors.ts';

const BLOCK_BYTES = 8 << 20;
const TRIES = 8;
const BACKOFF_MS = { first: 200, most: 15_000 };
/** Statuses that say that the same request may succeed later. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** A blob as it lies in storage. */
export interface Stored {
  readonly bytes: number;
  /** sha256 of its bytes, hex. */
  readonly sha256: string;
}

export interface Listed {
  readonly name: string;
  readonly bytes: number;
}

/**
 * A container of immutable blobs, which are written once and read whole: requests that fail for a while are made again, and
 * one whose answer was lost is recognised by what it did.
 */
export class Storage {
  readonly #container: ContainerClient;
  readonly #delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  #known: ReadonlyMap<string, number> | undefined;

  constructor(
    container: ContainerClient,
    delay: (ms: number, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#container = container;
    this.#delay = delay;
    this.signal = signal;
  }

  /** What there is under some prefixes, with its bytes; from then on, what was not there is stored without looking for it. */
  async learn(prefixes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const known = new Map<string, number>();
    for (const prefix of prefixes)
      for await (const { name, bytes } of this.list(prefix)) known.set(name, bytes);
    this.#known = known;
    return known;
  }

  /**
   * Stores a file under a name that nothing else has. Gives what was there already, if anything was: the caller knows whether
   * that will do.
   * @throws EvidaError BLOB_UNAVAILABLE
   */
  async put(name: string, file: string, { sha256 }: Stored): Promise<'stored' | Stored> {
    const isNew = this.#known !== undefined && !this.#known.has(name);
    const there = isNew ? undefined : await this.look(name);
    if (there !== undefined) return there;
    const blob = this.#container.getBlockBlobClient(name);
    const abortSignal = this.signal;
    const handle = await open(file);
    const ids: string[] = [];
    const md5 = createHash('md5');
    try {
      for (;;) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES);
        if (bytesRead === 0) break;
        const block = buffer.subarray(0, bytesRead);
        md5.update(block);
        const transactionalContentMD5 = createHash('md5').update(block).digest();
        const id = Buffer.from(String(ids.length).padStart(6, '0')).toString('base64');
        await this.#persist(`sending blob ${name}`, () =>
          blob.stageBlock(id, block, block.length, { transactionalContentMD5, abortSignal }),
        );
        ids.push(id);
      }
    } finally {
      await handle.close();
    }
    const options = {
      conditions: { ifNoneMatch: '*' },
      blobHTTPHeaders: { blobContentMD5: md5.digest(), blobContentType: 'application/octet-stream' },
      metadata: { sha256 },
      abortSignal,
    };
    try {
      await this.#persist(`storing blob ${name}`, () => blob.commitBlockList(ids, options));
      return 'stored';
    } catch (error) {
      const status = statusOf(error);
      // Somebody was faster, or an answer was lost.
      const found = status === 409 || status === 412 ? await this.look(name) : undefined;
      if (found !== undefined) return found;
      throw error;
    }
  }

  /** What lies under a name; its hash is what it was stored with. */
  async look(name: string): Promise<Stored | undefined> {
    try {
      const { contentLength = 0, metadata } = await this.#persist(`looking for blob ${name}`, () =>
        this.#container.getBlobClient(name).getProperties({ abortSignal: this.signal }),
      );
      return { bytes: contentLength, sha256: metadata?.sha256 ?? '' };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Writes a blob to a file. Gives what came, or undefined if there is no such blob. @throws EvidaError BLOB_UNAVAILABLE */
  async fetch(name: string, file: string): Promise<Stored | undefined> {
    try {
      return await this.#persist(`reading blob ${name}`, () => this.#download(name, file));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async *list(prefix: string): AsyncGenerator<Listed> {
    let continuationToken: string | undefined;
    do {
      const page = await this.#persist(`listing ${prefix}`, async () => {
        const settings = { maxPageSize: 5000, ...(continuationToken && { continuationToken }) };
        return await this.#container
          .listBlobsFlat({ prefix, abortSignal: this.signal })
          .byPage(settings)
          .next();
      });
      if (page.done) return;
      for (const { name, properties } of page.value.segment.blobItems)
        yield { name, bytes: properties.contentLength ?? 0 };
      continuationToken = page.value.continuationToken;
    } while (continuationToken);
  }

  /** Also if it is gone already. @throws EvidaError BLOB_UNAVAILABLE */
  async remove(name: string): Promise<void> {
    await this.#persist(`removing blob ${name}`, () =>
      this.#container.getBlobClient(name).deleteIfExists({ abortSignal: this.signal }),
    );
  }

  async #download(name: string, file: string): Promise<Stored> {
    // Whole or not at all: the client would go on after a cut with ranges, but not after a server that went away.
    const answer = await this.#container
      .getBlobClient(name)
      .download(0, undefined, { abortSignal: this.signal });
    if (answer.readableStreamBody === undefined) throw new Error('the answer has no body');
    const hash = createHash('sha256');
    const hashing = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(answer.readableStreamBody, hashing, createWriteStream(file, { mode: 0o600 }));
    return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
  }

  async #persist<T>(operation: string, work: () => Promise<T>): Promise<T> {
    for (
      let attempt = 1, waitMs = BACKOFF_MS.first;
      ;
      attempt++, waitMs = Math.min(2 * waitMs, BACKOFF_MS.most)
    ) {
      this.signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        this.signal.throwIfAborted();
        if (isPassing(error) && attempt < TRIES) await this.#delay(waitMs, this.signal);
        else throw new EvidaError('BLOB_UNAVAILABLE', { operation, problem: messageOf(error), cause: error });
      }
    }
  }
}

/** Without a status, there was no answer: the connection was refused or cut. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || PASSING.has(status);
}

function statusOf(error: unknown): number | undefined {
  const cause = error instanceof EvidaError ? error.cause : error;
  return cause instanceof RestError ? cause.statusCode : undefined;
}
