import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { EvidaError } from '../../errors.ts';
import type { Encryption } from './encryption.ts';
import type { Storage, Stored } from './storage.ts';

const DAY_MS = 86_400_000;
/** Points and rows are alike; more effort makes them hardly smaller. */
const GZIP_LEVEL = 4;

/** A blob that a manifest lists. */
export const Blob = z.object({
  name: z.string(),
  /** As it lies in storage. */
  bytes: z.number().int(),
  sha256: z.string(),
  /** sha256 of its content, before it was compressed and encrypted. */
  content: z.string(),
});
export type Blob = z.output<typeof Blob>;

export type Content = AsyncIterable<string | Uint8Array>;

/** What was put in, and whether it had to be sent. */
export interface Put {
  readonly blob: Blob;
  readonly isNew: boolean;
}

/**
 * Contents of any size in storage: compressed, encrypted if there is a key, and named by what they are and their hash, so
 * that the same content is stored once, whoever stores it and however often. Each passes through a file, so memory does not
 * grow with it.
 */
export class Archive {
  readonly storage: Storage;
  readonly #encryption: Encryption | undefined;
  readonly #workDirectory: string;
  #hasOpened = false;

  constructor(storage: Storage, encryption: Encryption | undefined, workDirectory: string) {
    this.storage = storage;
    this.#encryption = encryption;
    this.#workDirectory = workDirectory;
  }

  get isEncrypted(): boolean {
    return this.#encryption !== undefined;
  }

  /** Whether the key has opened anything yet: then what it does not open is damaged, or was encrypted with another one. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /** Removes what a process that was killed has left on the disk: after a day it belongs to nothing that is under way. */
  async clean(nowMs: number): Promise<void> {
    await mkdir(this.#workDirectory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#workDirectory)) {
      const path = join(this.#workDirectory, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && nowMs - found.mtimeMs > DAY_MS)
        await rm(path, { recursive: true, force: true });
    }
  }

  /**
   * Stores a content, or finds it stored.
   * @param path what it is and of when: `postgres/charging_session/2026-10`
   * @param extension what its content is: `csv`
   * @returns undefined if it is empty
   * @throws EvidaError BLOB_UNAVAILABLE; BLOB_CONFLICT if something else lies under its name
   */
  async put(path: string, extension: string, content: Content): Promise<Put | undefined> {
    return await this.#inDirectory(async (directory) => {
      const packed = await this.#pack(join(directory, 'packed'), content);
      if (packed.isEmpty) return undefined;
      const hash = this.#encryption?.conceal(packed.hash) ?? packed.hash;
      const name = `${path}-${hash}.${extension}.gz${this.#suffix}`;
      return await this.#store(name, packed, directory);
    });
  }

  /** The same under a name of its own. @throws EvidaError BLOB_CONFLICT if something else lies under it */
  async putAs(name: string, content: Content): Promise<Put> {
    return await this.#inDirectory(async (directory) => {
      const packed = await this.#pack(join(directory, 'packed'), content);
      return await this.#store(`${name}.gz${this.#suffix}`, packed, directory);
    });
  }

  /**
   * Gives the content of a blob to `use`, after all of it has been found as it was stored.
   * @throws EvidaError BACKUP_DAMAGED if it is missing or another one; BACKUP_KEY
   */
  async get<T>(
    blob: Pick<Blob, 'name' | 'bytes' | 'sha256'>,
    use: (content: Readable) => Promise<T>,
  ): Promise<T> {
    return await this.#inDirectory(async (directory) => {
      const file = join(directory, 'blob');
      const found = await this.storage.fetch(blob.name, file);
      if (found?.sha256 !== blob.sha256 || found.bytes !== blob.bytes) throw damaged(blob.name, found);
      return await this.#unpack(blob.name, file, use);
    });
  }

  /** The same for a blob of which nothing is known but its name; undefined if there is none. */
  async getUnknown<T>(
    name: string,
    use: (content: Readable, stored: Stored) => Promise<T>,
  ): Promise<T | undefined> {
    return await this.#inDirectory(async (directory) => {
      const file = join(directory, 'blob');
      const found = await this.storage.fetch(name, file);
      if (found === undefined) return undefined;
      return await this.#unpack(name, file, (content) => use(content, found));
    });
  }

  /** What makes the names of encrypted blobs others. */
  get #suffix(): string {
    return this.#encryption === undefined ? '' : '.enc';
  }

  async #unpack<T>(name: string, file: string, use: (content: Readable) => Promise<T>): Promise<T> {
    const packed = await this.#decrypted(name, file);
    const content = createGunzip();
    const reading = pipeline(createReadStream(packed), content);
    try {
      const [result] = await Promise.all([use(content), reading]);
      return result;
    } catch (error) {
      content.destroy();
      await reading.catch(() => undefined);
      throw error;
    }
  }

  /** Decrypted to its end before anything is made of it: only the end tells whether it is genuine. */
  async #decrypted(name: string, file: string): Promise<string> {
    if (!name.endsWith('.enc')) return file;
    if (this.#encryption === undefined) {
      throw new EvidaError('BACKUP_KEY', {
        operation: `decrypting ${name}`,
        problem: 'there is no key',
        hint: 'BACKUP_KEY_FILE must name the key with which the backup was made.',
      });
    }
    await pipeline(
      createReadStream(file),
      this.#encryption.decrypt(name),
      createWriteStream(`${file}.plain`, { mode: 0o600 }),
    );
    this.#hasOpened = true;
    return `${file}.plain`;
  }

  async #pack(file: string, content: Content): Promise<Packed> {
    const before = createHash('sha256');
    const after = createHash('sha256');
    let isEmpty = true;
    const counting = passing(before, () => {
      isEmpty = false;
    });
    const gzip = createGzip({ level: GZIP_LEVEL });
    await pipeline(content, counting, gzip, passing(after), createWriteStream(file, { mode: 0o600 }));
    return { file, hash: before.digest('hex'), sha256: after.digest('hex'), isEmpty };
  }

  async #store(name: string, packed: Packed, directory: string): Promise<Put> {
    const { file, sha256 } = await this.#encrypted(name, packed, directory);
    const stored = { bytes: (await stat(file)).size, sha256 };
    const there = await this.storage.put(name, file, stored);
    if (there === 'stored') return { blob: { name, ...stored, content: packed.hash }, isNew: true };
    if (there.sha256 === sha256 && there.bytes === stored.bytes)
      return { blob: { name, ...stored, content: packed.hash }, isNew: false };
    // Another version of zlib may have packed it in other bytes: then what it holds is the same.
    const found = await this.#contentOf(name);
    if (found?.content === packed.hash) return { blob: { name, ...found }, isNew: false };
    throw new EvidaError('BLOB_CONFLICT', {
      operation: `storing blob ${name}`,
      problem: 'something else lies under this name',
      hint: 'evida backup verify tells which blobs are not as they were stored; remove it, and make a backup.',
    });
  }

  async #contentOf(name: string): Promise<(Stored & { content: string }) | undefined> {
    try {
      return await this.getUnknown(name, async (content, stored) => {
        const hash = createHash('sha256');
        for await (const chunk of content) hash.update(chunk);
        return { ...stored, content: hash.digest('hex') };
      });
    } catch (error) {
      if (error instanceof EvidaError && error.code === 'BLOB_UNAVAILABLE') throw error;
      return undefined;
    }
  }

  async #encrypted(
    name: string,
    { file, hash, sha256 }: Packed,
    directory: string,
  ): Promise<{ readonly file: string; readonly sha256: string }> {
    if (this.#encryption === undefined) return { file, sha256 };
    const encrypted = join(directory, 'encrypted');
    const hashing = createHash('sha256');
    await pipeline(
      createReadStream(file),
      this.#encryption.encrypt(name, `${hash} ${sha256}`),
      passing(hashing),
      createWriteStream(encrypted, { mode: 0o600 }),
    );
    return { file: encrypted, sha256: hashing.digest('hex') };
  }

  async #inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
    await mkdir(this.#workDirectory, { recursive: true, mode: 0o700 });
    const directory = await mkdtemp(join(this.#workDirectory, 'blob-'));
    try {
      return await work(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

interface Packed {
  readonly file: string;
  /** sha256 of the content. */
  readonly hash: string;
  /** sha256 of the file. */
  readonly sha256: string;
  readonly isEmpty: boolean;
}

function passing(hash: Hash, onChunk: () => void = () => undefined): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      onChunk();
      done(null, chunk);
    },
  });
}

function damaged(name: string, found: Stored | undefined): EvidaError {
  return new EvidaError('BACKUP_DAMAGED', {
    operation: `reading blob ${name}`,
    problem: found === undefined ? 'it is missing' : 'it is not as it was stored',
    hint: 'Restore an earlier backup, with --at; the next backup stores again what is missing.',
  });
}
