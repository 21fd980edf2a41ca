import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../config.ts';
import type { EboostApiPart } from '../eboost/api-server.ts';
import type { Servers } from '../servers.ts';

/** Where the demo's Evida finds its servers, and its shortened intervals. */
export function demoEnvironment(
  { influx, broker, blobs }: Servers,
  api: EboostApiPart,
  databases: { readonly evidaUrl: string; readonly eboostReaderUrl: string },
  timeZone: string,
): Record<string, string> {
  return {
    MQTT_URL: broker.url,
    MQTT_USERNAME: broker.username,
    MQTT_PASSWORD: broker.password,
    MQTT_CLIENT_ID: 'evida-demo',
    INFLUX_URL: influx.url,
    INFLUX_TOKEN: influx.adminToken,
    INFLUX_ORG: influx.org,
    DATABASE_URL: databases.evidaUrl,
    EBOOST_API_URL: api.url,
    EBOOST_API_USERNAME: api.username,
    EBOOST_API_PASSWORD: api.password,
    EBOOST_DATABASE_URL: databases.eboostReaderUrl,
    AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString,
    PHOTOGRAPH_INTERVAL: '20s',
    UTILIZATION_INTERVAL: '5s',
    TIME_ZONE: timeZone,
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'text',
  };
}

/** Parses it, and keeps it in a file that only its owner may read, for commands beside the demo. */
export async function keepEnvironment(
  directory: string,
  environment: Record<string, string>,
): Promise<Config> {
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(environmentFile(directory), lines.join(''), { mode: 0o600 });
  return loadConfig(environment, String);
}

export function environmentFile(directory: string): string {
  return join(directory, 'evida.env');
}
