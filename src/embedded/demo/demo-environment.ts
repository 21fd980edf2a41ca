import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Config, loadConfig, loadSetupConfig } from '../../config.ts';
import { connectDatabase } from '../../postgres/database.ts';
import { planSetup } from '../../setup/plan-setup.ts';
import { SecretFiles } from '../../setup/secret-files.ts';
import type { EboostApiPart } from '../eboost/api-server.ts';
import type { Servers } from '../servers.ts';

export interface DemoAddresses {
  readonly servers: Servers;
  readonly api: EboostApiPart;
  /** The administrator's, of the database `evida`. */
  readonly evidaUrl: string;
  readonly eboostReaderUrl: string;
  readonly timeZone: string;
}

/**
 * Sets the demo's servers up as `evida setup` does, and gives the environment of its Evida, with the shortened intervals
 * and no more rights than it needs. It is kept in a file that only its owner may read, for commands beside the demo.
 */
export async function prepareEnvironment(directory: string, addresses: DemoAddresses): Promise<Config> {
  const { servers, api, evidaUrl, eboostReaderUrl, timeZone } = addresses;
  const { influx, broker, blobs } = servers;
  const shared = {
    INFLUX_URL: influx.url,
    INFLUX_ORG: influx.org,
    AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString,
  };
  const secrets = await setUp(directory, {
    ...shared,
    INFLUX_ADMIN_TOKEN: influx.adminToken,
    DATABASE_ADMIN_URL: evidaUrl,
  });
  const environment = {
    ...shared,
    MQTT_URL: broker.url,
    MQTT_USERNAME: broker.username,
    MQTT_PASSWORD: broker.password,
    MQTT_CLIENT_ID: 'evida-demo',
    INFLUX_TOKEN: await secrets.read('influx-token'),
    DATABASE_URL: withServerOf(await secrets.read('database-url'), evidaUrl),
    EBOOST_API_URL: api.url,
    EBOOST_API_USERNAME: api.username,
    EBOOST_API_PASSWORD: api.password,
    EBOOST_DATABASE_URL: eboostReaderUrl,
    PHOTOGRAPH_INTERVAL: '20s',
    UTILIZATION_INTERVAL: '5s',
    TIME_ZONE: timeZone,
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'text',
  };
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(environmentFile(directory), lines.join(''), { mode: 0o600 });
  return loadConfig(environment, String);
}

export function environmentFile(directory: string): string {
  return join(directory, 'evida.env');
}

async function setUp(directory: string, environment: Record<string, string>): Promise<SecretFiles> {
  const config = loadSetupConfig(environment, String);
  const secrets = new SecretFiles(join(directory, 'servers', 'secrets'));
  const database = connectDatabase(config.DATABASE_ADMIN_URL, 'evida setup', pino({ level: 'silent' }));
  try {
    for (const { apply } of await planSetup(config, database, secrets)) await apply?.();
  } finally {
    await database.end();
  }
  return secrets;
}

/** The demo's servers listen elsewhere at each start; who one is at them stays. */
function withServerOf(url: string, server: string): string {
  const moved = new URL(url);
  moved.host = new URL(server).host;
  return moved.href;
}
