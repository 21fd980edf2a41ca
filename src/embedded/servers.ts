import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStoragePart, startBlobStorage } from './blob-storage.ts';
import { type InfluxDbPart, startInfluxDb } from './influxdb.ts';
import { type MqttBrokerPart, startMqttBroker } from './mqtt-broker.ts';
import type { OnProgress, Part } from './part.ts';
import { type PostgresPart, startPostgres } from './postgres.ts';

/** The servers that Evida needs around it. */
export interface Servers {
  readonly influx: InfluxDbPart;
  readonly postgres: PostgresPart;
  readonly broker: MqttBrokerPart;
  readonly blobs: BlobStoragePart;
  stop(): Promise<void>;
}

export interface ServersOptions {
  /** Each server gets a folder of its own in it. */
  readonly dataDir: string;
  /** False keeps blobs in memory and does not wait for the disk: for tests. */
  readonly durable: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Starts all servers side by side; if one does not start, the others are stopped again.
 * @throws EvidaError EMBEDDED_INSTALL, EMBEDDED_START
 */
export async function startServers({ dataDir, durable, ...rest }: ServersOptions): Promise<Servers> {
  // Postgres of root's runs as another user, which must be able to pass through.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const starting = [
    startInfluxDb({ dataDir: join(dataDir, 'influxdb'), ...rest }),
    startPostgres({ dataDir: join(dataDir, 'postgres'), durable }),
    startMqttBroker(),
    startBlobStorage({ dataDir: join(dataDir, 'blobs'), inMemory: !durable }),
  ] as const;
  try {
    const [influx, postgres, broker, blobs] = await Promise.all(starting);
    return { influx, postgres, broker, blobs, stop: () => stopAll([broker, blobs, postgres, influx]) };
  } catch (error) {
    const started = await Promise.allSettled(starting);
    await stopAll(started.filter((part) => part.status === 'fulfilled').map(({ value }) => value));
    throw error;
  }
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  const stopped = await Promise.allSettled(parts.map((part) => part.stop()));
  const failed = stopped.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
