import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { EvidaError, messageOf } from '../../errors.ts';
import { kept, type PlannedChange } from '../../planned-change.ts';

/** Within which storage answers whether there is a container, all tries together; a server may accept and stay silent. */
const TIMEOUT_MS = 10_000;

/** The container of the backups, created if missing. @throws EvidaError BLOB_UNAVAILABLE */
export async function openContainer(connectionString: string, name: string): Promise<ContainerClient> {
  const container = findContainer(connectionString, name);
  await told(name, (abortSignal) => container.createIfNotExists({ abortSignal }));
  return container;
}

/** What is to be done so that the container exists. @throws EvidaError BLOB_UNAVAILABLE */
export async function planContainer(connectionString: string, name: string): Promise<PlannedChange> {
  const what = `blob container ${name}`;
  const container = findContainer(connectionString, name);
  if (await told(name, (abortSignal) => container.exists({ abortSignal }))) return kept(what);
  return { action: 'create', what, apply: async () => void (await openContainer(connectionString, name)) };
}

function findContainer(connectionString: string, name: string): ContainerClient {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions: { maxTries: 2, retryDelayInMs: 200 },
    }).getContainerClient(name);
  } catch (error) {
    throw new EvidaError('CONFIG_INVALID', {
      operation: 'reading AZURE_STORAGE_CONNECTION_STRING',
      problem: messageOf(error),
      hint: 'Copy it whole from the access keys of the storage account.',
    });
  }
}

async function told<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await work(signal);
  } catch (error) {
    throw new EvidaError('BLOB_UNAVAILABLE', {
      operation: `opening container ${name}`,
      problem: signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : messageOf(error),
      cause: error,
    });
  }
}
