import { InfluxDB } from '@influxdata/influxdb-client';
import type { SetupConfig } from '../config.ts';
import { planBuckets } from '../influx/buckets.ts';
import { planTasks } from '../influx/tasks.ts';
import { planToken } from '../influx/tokens.ts';
import type { PlannedChange } from '../planned-change.ts';
import { asUnavailable, type Database } from '../postgres/database.ts';
import { planMigrations } from '../postgres/migrate.ts';
import { databaseName, planGrants, planRoles, roleNames } from '../postgres/roles.ts';
import { projectFile } from '../project-file.ts';
import { planContainer } from '../services/backup/container.ts';
import { randomPassword, type SecretFiles } from './secret-files.ts';

/**
 * Everything that Evida's servers need, in the order in which it is to be done: what is there is kept, so planning
 * again after all was applied plans nothing.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED, POSTGRES_UNAVAILABLE, MIGRATION_CHANGED, BLOB_UNAVAILABLE
 */
export async function planSetup(
  config: SetupConfig,
  database: Database,
  secrets: SecretFiles,
): Promise<PlannedChange[]> {
  return [
    ...(await planPostgres(config, database, secrets)),
    ...(await planInflux(config, secrets)),
    await planContainer(config.AZURE_STORAGE_CONNECTION_STRING, config.BACKUP_CONTAINER),
  ];
}

async function planPostgres(
  config: SetupConfig,
  database: Database,
  secrets: SecretFiles,
): Promise<PlannedChange[]> {
  try {
    const name = await databaseName(database);
    const roles = roleNames(name);
    const login = (role: string, file: 'database-url' | 'database-reader-url') => ({
      isKnown: secrets.has(file),
      renew: async () => {
        const password = randomPassword();
        const url = new URL(config.DATABASE_ADMIN_URL);
        url.username = role;
        url.password = password;
        await secrets.keep(file, url.href);
        return password;
      },
    });
    const logins = {
      app: login(roles.app, 'database-url'),
      reader: login(roles.reader, 'database-reader-url'),
    };
    return [
      ...(await planRoles(database, roles, logins)),
      await planMigrations(database, projectFile('sql'), roles.owner),
      await planGrants(database, roles, name),
    ];
  } catch (error) {
    throw asUnavailable(error, 'looking at Postgres');
  }
}

async function planInflux(config: SetupConfig, secrets: SecretFiles): Promise<PlannedChange[]> {
  const influx = new InfluxDB({ url: config.INFLUX_URL, token: config.INFLUX_ADMIN_TOKEN });
  const org = config.INFLUX_ORG;
  const buckets = [config.INFLUX_TELEMETRY_BUCKET, config.INFLUX_HISTORY_BUCKET];
  const token = (kind: 'writer' | 'reader', file: 'influx-token' | 'influx-reader-token') =>
    planToken(influx, {
      org,
      buckets,
      kind,
      isKnown: secrets.has(file),
      keep: (secret) => secrets.keep(file, secret),
    });
  return [
    ...(await planBuckets(influx, config)),
    ...(await planTasks(influx, config)),
    await token('writer', 'influx-token'),
    await token('reader', 'influx-reader-token'),
  ];
}
