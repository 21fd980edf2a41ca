import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { EvidaError, messageOf } from '../../errors.ts';
import { kept, type PlannedChange } from '../../planned-change.ts';

/** The container of the backups, created if missing. @throws EvidaError BLOB_UNAVAILABLE */
export async function openContainer(connectionString: string, name: string): Promise<ContainerClient> {
  const container = findContainer(connectionString, name);
  await told(name, () => container.createIfNotExists());
  return container;
}

/** What is to be done so that the container exists. @throws EvidaError BLOB_UNAVAILABLE */
export async function planContainer(connectionString: string, name: string): Promise<PlannedChange> {
  const what = `blob container ${name}`;
  const container = findContainer(connectionString, name);
  if (await told(name, () => container.exists())) return kept(what);
  return { action: 'create', what, apply: async () => void (await openContainer(connectionString, name)) };
}

function findContainer(connectionString: string, name: string): ContainerClient {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions: { maxTries: 3 },
    }).getContainerClient(name);
  } catch (error) {
    throw new EvidaError('CONFIG_INVALID', {
      operation: 'reading AZURE_STORAGE_CONNECTION_STRING',
      problem: messageOf(error),
      hint: 'Copy it whole from the access keys of the storage account.',
    });
  }
}

async function told<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new EvidaError('BLOB_UNAVAILABLE', {
      operation: `opening container ${name}`,
      problem: messageOf(error),
      cause: error,
    });
  }
}
