import * as http from 'node:http';
import * as https from 'node:https';
import { InfluxDB } from '@influxdata/influxdb-client';

/** A client of InfluxDB whose connections are its own, so that they can be closed. */
export interface InfluxConnection {
  readonly influx: InfluxDB;
  /** Closes all its sockets, whatever is under way on them. */
  close(): void;
}

/** Connects when it is first used, and keeps connections for the requests that follow. @param timeoutMs without a byte */
export function connectInflux({
  url,
  token,
  timeoutMs,
}: {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs: number;
}): InfluxConnection {
  const { Agent } = new URL(url).protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true });
  return {
    influx: new InfluxDB({ url, token, timeout: timeoutMs, transportOptions: { agent } }),
    close: () => agent.destroy(),
  };
}
