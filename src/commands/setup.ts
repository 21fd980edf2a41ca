import { pino } from 'pino';
import { connectDatabase } from '../postgres/database.ts';
import { planSetup } from '../setup/plan-setup.ts';
import { SecretFiles } from '../setup/secret-files.ts';
import { createConfiguredVerb, type EnvironmentOptions, setupConfigOf } from './verb.ts';

interface SetupOptions extends EnvironmentOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly secrets: string;
}

const WORDS = {
  create: ['create', 'created'],
  update: ['update', 'updated'],
  keep: ['keep', 'kept'],
} as const;

export const setupCommand = createConfiguredVerb('setup', {
  summary: 'make what Evida needs on its servers',
  description: `Makes what Evida needs on its servers, and keeps what is there: roles, tables and rights in Postgres, buckets,
tasks and tokens in InfluxDB, the container of the backups. Running it again changes nothing; after an upgrade it
brings everything up to date.

It needs more rights than Evida has when it runs: INFLUX_ADMIN_TOKEN, DATABASE_ADMIN_URL. The secrets that it makes
for Evida and for Grafana are kept in --secrets, one a file, only for this user; they are given to Evida as files:
DATABASE_URL_FILE, INFLUX_TOKEN_FILE.`,
  examples: [
    ['evida setup --dry-run', 'say what would be done'],
    ['evida setup --secrets /etc/evida/secrets', 'do it'],
  ],
  exitCodes: [
    [1, 'a server refuses'],
    [69, 'a server is away'],
  ],
})
  .option('--dry-run', 'only say what would be done', false)
  .option('--secrets <directory>', 'where the secrets are kept', 'secrets')
  .option('--json', 'print one JSON object', false)
  .action(setup);

async function setup(options: SetupOptions): Promise<void> {
  const config = setupConfigOf(options);
  const database = connectDatabase(config.DATABASE_ADMIN_URL, 'evida setup', pino({ level: 'silent' }));
  const secrets = new SecretFiles(options.secrets);
  try {
    const changes = await planSetup(config, database, secrets);
    for (const { action, what, apply } of changes) {
      if (!options.dryRun) await apply?.();
      if (!options.json) process.stdout.write(`${WORDS[action][options.dryRun ? 0 : 1].padEnd(8)} ${what}\n`);
    }
    const done = changes.map(({ action, what }) => ({ action, what }));
    if (options.json) process.stdout.write(`${JSON.stringify({ dryRun: options.dryRun, changes: done })}\n`);
    else if (!options.dryRun) tellSecrets(secrets);
  } finally {
    await database.end();
  }
}

function tellSecrets(secrets: SecretFiles): void {
  process.stdout.write('\nsecrets are in\n');
  for (const [path, use] of secrets.uses()) process.stdout.write(`  ${path}: for ${use}\n`);
}
