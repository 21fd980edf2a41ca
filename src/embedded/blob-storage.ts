import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Part } from './part.ts';
import { keepSecrets } from './secrets-file.ts';
import { readLog } from './server-log.ts';
import { superviseServer } from './supervise.ts';
import { untilReady } from './until-ready.ts';

export interface BlobStoragePart extends Part {
  /** What @azure/storage-blob takes; holds the account's key. */
  readonly connectionString: string;
}

export interface BlobStorageOptions {
  /** Holds the blobs, the log and the secrets; created if missing, only for this user. */
  readonly dataDir: string;
  /** Keeps the blobs in memory only: for tests. */
  readonly inMemory?: boolean;
}

const secretsSchema = z.object({ account: z.string().min(3), key: z.base64() });

/**
 * Starts Azurite's blob service, the emulator of Azure Blob Storage, on a free port of 127.0.0.1 with an account
 * of its own.
 *
 * @throws EvidaError EMBEDDED_START
 */
export async function startBlobStorage(options: BlobStorageOptions): Promise<BlobStoragePart> {
  const { inMemory = false } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { account, key } = await keepSecrets(join(dataDir, 'secrets.json'), secretsSchema, () => ({
    account: 'evida',
    key: randomBytes(64).toString('base64'),
  }));
  const server = await superviseServer({
    name: 'Azurite',
    command: process.execPath,
    args: [
      createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js'),
      ...['--blobHost', '127.0.0.1', '--blobPort', '0'],
      // It knows fewer API versions than its client, and speaks the newer ones well enough.
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--silent',
      ...(inMemory ? ['--inMemoryPersistence'] : ['--location', dataDir]),
    ],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, AZURITE_ACCOUNTS: `${account}:${key}` },
    cwd: dataDir,
    logFile: join(dataDir, 'azurite.log'),
    stopSignal: 'SIGTERM',
  });
  // Port 0 means any; the server writes to its log which one it got.
  const url = await untilReady(server, async () => {
    return /successfully listens on (http:\S+)/.exec(await readLog(server.logFile))?.[1];
  });
  const version = await untilReady(server, async () => {
    return /Azurite-Blob\/(\S+)/.exec((await fetch(url)).headers.get('server') ?? '')?.[1];
  });
  return {
    name: 'Azurite',
    version,
    address: url,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${url}/${account};`,
    stop: server.stop,
  };
}
