import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { type InfluxDbPart, startInfluxDb } from '../../src/embedded/influxdb.ts';
import { type MqttServerPart, startMosquitto } from '../../src/embedded/mosquitto.ts';
import { createBuckets } from '../../src/influx/buckets.ts';

/** A broker and an InfluxDB that nobody has used before. */
export interface Stage {
  readonly directory: string;
  readonly broker: MqttServerPart;
  readonly influx: InfluxDbPart;
  stop(): Promise<void>;
}

const BUCKETS = {
  INFLUX_ORG: 'evida',
  INFLUX_TELEMETRY_BUCKET: 'telemetry',
  INFLUX_TELEMETRY_RETENTION: 0,
  INFLUX_HISTORY_BUCKET: 'history',
};

export async function openStage(directory: string, onProgress: (line: string) => void): Promise<Stage> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const starting = [
    startMosquitto({ dataDir: join(directory, 'mosquitto') }),
    startInfluxDb({ dataDir: join(directory, 'influxdb'), onProgress }),
  ] as const;
  const stop = async () => {
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === 'fulfilled') await started.value.stop();
    }
  };
  try {
    const [broker, influx] = await Promise.all(starting);
    await createBuckets(new InfluxDB({ url: influx.url, token: influx.adminToken }), BUCKETS);
    return { directory, broker, influx, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
