import * as http from 'node:http';
import * as https from 'node:https';
import { type ConnectionOptions, InfluxDB } from '@influxdata/influxdb-client';
import type { Config } from '../config.ts';

/** Where InfluxDB is, and whom to believe that it is. */
export type InfluxSettings = Pick<Config, 'INFLUX_URL' | 'INFLUX_CA_FILE'>;

/** What every client of it is made with. */
export function influxAddress({
  INFLUX_URL,
  INFLUX_CA_FILE,
}: InfluxSettings): Pick<ConnectionOptions, 'url' | 'transportOptions'> {
  return {
    url: INFLUX_URL,
    ...(INFLUX_CA_FILE !== undefined && { transportOptions: { ca: INFLUX_CA_FILE } }),
  };
}

/** A client of InfluxDB. @param timeoutMs without a byte; ten seconds if not given */
export function createInflux(settings: InfluxSettings, token: string, timeoutMs?: number): InfluxDB {
  return new InfluxDB({
    ...influxAddress(settings),
    token,
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
  });
}

/** A client of InfluxDB whose connections are its own, so that they can be closed. */
export interface InfluxConnection {
  readonly influx: InfluxDB;
  /** Closes all its sockets, whatever is under way on them. */
  close(): void;
}

/** Connects when it is first used, and keeps connections for the requests that follow. @param timeoutMs without a byte */
export function connectInflux({
  url,
  transportOptions,
  token,
  timeoutMs,
}: Pick<ConnectionOptions, 'url' | 'transportOptions'> & {
  readonly token: string;
  readonly timeoutMs: number;
}): InfluxConnection {
  const { Agent } = new URL(url).protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true });
  return {
    influx: new InfluxDB({
      url,
      token,
      timeout: timeoutMs,
      transportOptions: { ...transportOptions, agent },
    }),
    close: () => agent.destroy(),
  };
}
