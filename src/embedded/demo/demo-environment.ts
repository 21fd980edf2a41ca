import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, loadConfig, loadSetupConfig } from '../../config.ts';
import { EvidaError } from '../../errors.ts';
import { type SecretFile, SecretFiles } from '../../setup/secret-files.ts';
import { setUp } from '../../setup/set-up.ts';
import type { EboostApiPart } from '../eboost/api-server.ts';
import type { Servers } from '../servers.ts';
import { serversDirectory } from './demo-data.ts';

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
 * and no more rights than it needs. Both are kept in files that only their owner may read, for commands beside the demo.
 */
export async function prepareEnvironment(directory: string, addresses: DemoAddresses): Promise<Config> {
  const { servers, api, evidaUrl, eboostReaderUrl, timeZone } = addresses;
  const { influx, broker, blobs } = servers;
  const shared = {
    INFLUX_URL: influx.url,
    INFLUX_ORG: influx.org,
    AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString,
  };
  const setup = { ...shared, INFLUX_ADMIN_TOKEN: influx.adminToken, DATABASE_ADMIN_URL: evidaUrl };
  const secrets = await setUpServers(directory, setup);
  const environment = {
    ...shared,
    MQTT_URL: broker.url,
    MQTT_USERNAME: broker.username,
    MQTT_PASSWORD: broker.password,
    MQTT_CLIENT_ID: 'evida-demo',
    INFLUX_TOKEN: await readSecret(secrets, 'influx-token'),
    INFLUX_READER_TOKEN: await readSecret(secrets, 'reader/influx-token'),
    DATABASE_URL: withServerOf(await readSecret(secrets, 'database-url'), evidaUrl),
    DATABASE_READER_URL: withServerOf(await readSecret(secrets, 'reader/database-url'), evidaUrl),
    EBOOST_API_URL: api.url,
    EBOOST_API_USERNAME: api.username,
    EBOOST_API_PASSWORD: api.password,
    EBOOST_DATABASE_URL: eboostReaderUrl,
    PHOTOGRAPH_INTERVAL: '20s',
    UTILIZATION_INTERVAL: '5s',
    // A rehearsal makes a database and buckets of its own.
    REHEARSAL_DATABASE_URL: withServerOf(await readSecret(secrets, 'rehearsal-database-url'), evidaUrl),
    REHEARSAL_INFLUX_TOKEN: await readSecret(secrets, 'rehearsal-influx-token'),
    TIME_ZONE: timeZone,
    DATA_DIR: join(serversDirectory(directory), 'evida'),
    HTTP_PORT: '0',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'text',
  };
  await keep(environmentFiles(directory).evida, environment);
  await keep(environmentFiles(directory).setup, setup);
  return loadConfig(environment, String);
}

/** The environment of the demo's Evida, and that of `evida setup` with the administrator's rights. */
export function environmentFiles(directory: string): { readonly evida: string; readonly setup: string } {
  return { evida: join(directory, 'evida.env'), setup: join(directory, 'setup.env') };
}

/** Where the demo keeps the secrets that set-up has made. */
export function secretsDirectory(directory: string): string {
  return join(serversDirectory(directory), 'secrets');
}

async function keep(file: string, environment: Record<string, string>): Promise<void> {
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
}

async function setUpServers(directory: string, environment: Record<string, string>): Promise<SecretFiles> {
  const secrets = secretsDirectory(directory);
  await setUp(loadSetupConfig(environment, String), { secrets, dryRun: false, onChange: () => undefined });
  return await SecretFiles.open(secrets, { isReadOnly: true });
}

async function readSecret(secrets: SecretFiles, file: SecretFile): Promise<string> {
  const secret = await secrets.read(file);
  if (secret !== undefined) return secret;
  throw new EvidaError('SECRETS_DIRECTORY', {
    operation: 'setting the demo up',
    problem: `there is no ${file}`,
  });
}

/** The demo's servers listen elsewhere at each start; who one is at them stays. */
function withServerOf(url: string, server: string): string {
  const moved = new URL(url);
  moved.host = new URL(server).host;
  return moved.href;
}
