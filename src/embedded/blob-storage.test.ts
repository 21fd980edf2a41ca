import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect } from 'chai';
import { type BlobStoragePart, startBlobStorage } from './blob-storage.ts';

describe('startBlobStorage', () => {
  let dataDir: string;
  let storage: BlobStoragePart;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'evida-blob-'));
  });

  afterEach(async () => {
    await storage.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const container = () =>
    BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('copies');

  it('stores a blob once under a name, and keeps it over a restart', async () => {
    storage = await startBlobStorage({ dataDir });
    const { connectionString } = storage;
    await container().create();
    const once = { conditions: { ifNoneMatch: '*' } };
    await container().getBlockBlobClient('a').upload('first', 5, once);
    const second = await container()
      .getBlockBlobClient('a')
      .upload('other', 5, once)
      .catch((reason: unknown) => reason);
    expect(second).to.have.property('statusCode', 409);

    await storage.stop();
    storage = await startBlobStorage({ dataDir });
    expect(accountOf(storage.connectionString)).to.equal(accountOf(connectionString));
    expect((await container().getBlobClient('a').downloadToBuffer()).toString()).to.equal('first');
  });

  it('says which version runs, and lets nobody in without the key', async () => {
    storage = await startBlobStorage({ dataDir, inMemory: true });
    expect(storage.version).to.match(/^3\.\d+\.\d+/);
    expect((await fetch(`${storage.address}/evida?comp=list`)).status).to.equal(403);
  });
});

function accountOf(connectionString: string): string | undefined {
  return /AccountName=[^;]+;AccountKey=[^;]+/.exec(connectionString)?.[0];
}
