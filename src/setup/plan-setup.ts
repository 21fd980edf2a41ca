import type { SetupConfig } from '../config.ts';
import { planBuckets } from '../influx/buckets.ts';
import { createInflux } from '../influx/connect.ts';
import { planTasks } from '../influx/tasks.ts';
import { planToken, type TokenWanted } from '../influx/tokens.ts';
import type { PlannedChange } from '../planned-change.ts';
import type { Database } from '../postgres/database.ts';
import { planMigrations } from '../postgres/migrate.ts';
import { planOwnership, planRights } from '../postgres/rights.ts';
import { databaseName, type LoginWanted, planRoles, roleNames } from '../postgres/roles.ts';
import { projectFile } from '../project-file.ts';
import { planContainer } from '../services/backup/container.ts';
import { databaseAddress, isDatabaseAddressOf, isTokenOf } from './kept-secrets.ts';
import { randomPassword, type SecretFile, type SecretFiles } from './secret-files.ts';

/**
 * Everything that Evida's servers need, in the order in which it is to be done: what is there is kept, so planning
 * again after all was applied plans nothing.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED, MIGRATION_CHANGED, BLOB_UNAVAILABLE; what Postgres refuses
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
  const adminUrl = config.DATABASE_ADMIN_URL;
  const name = await databaseName(database);
  const roles = roleNames(name);
  const login = async (role: string, file: SecretFile): Promise<LoginWanted> => ({
    isKnown: await secrets.isProven(file, (url) =>
      isDatabaseAddressOf(url, adminUrl, role, config.DATABASE_CA_FILE),
    ),
    renew: async (set) => {
      const password = randomPassword();
      await secrets.note(file, databaseAddress(adminUrl, role, password));
      await set(password);
      await secrets.keepNoted(file);
    },
  });
  const logins = {
    app: await login(roles.app, 'database-url'),
    reader: await login(roles.reader, 'reader/database-url'),
    rehearsal: await login(roles.rehearsal, 'rehearsal-database-url'),
  };
  return [
    ...(await planRoles(database, roles, logins)),
    await planOwnership(database, roles),
    await planMigrations(database, projectFile('sql'), roles.owner),
    await planRights(database, roles, name),
  ];
}

async function planInflux(config: SetupConfig, secrets: SecretFiles): Promise<PlannedChange[]> {
  const influx = createInflux(config, config.INFLUX_ADMIN_TOKEN);
  const org = config.INFLUX_ORG;
  const knownBy = [config.INFLUX_TELEMETRY_BUCKET, config.INFLUX_HISTORY_BUCKET];
  const buckets = [...knownBy, config.INFLUX_OPERATIONS_BUCKET];
  const token = async (kind: TokenWanted['kind'], file: SecretFile): Promise<PlannedChange> =>
    await planToken(influx, {
      org,
      buckets,
      knownBy,
      kind,
      isKnown: await secrets.isProven(file, (kept) => isTokenOf(kept, kind, config)),
      keep: async (secret) => {
        await secrets.note(file, secret);
        await secrets.keepNoted(file);
      },
    });
  return [
    ...(await planBuckets(influx, config)),
    ...(await planTasks(influx, config)),
    await token('writer', 'influx-token'),
    await token('reader', 'reader/influx-token'),
    await token('rehearsal', 'rehearsal-influx-token'),
  ];
}
