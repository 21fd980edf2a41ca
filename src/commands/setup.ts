import { join } from 'node:path';
import type { PlannedChange } from '../planned-change.ts';
import { SECRET_FILES } from '../setup/secret-files.ts';
import { setUp } from '../setup/set-up.ts';
import { createConfiguredVerb, type EnvironmentOptions, setupConfigOf } from './verb.ts';

interface SetupCommandOptions extends EnvironmentOptions {
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
DATABASE_URL_FILE, INFLUX_TOKEN_FILE, and for rehearsals REHEARSAL_DATABASE_URL_FILE, REHEARSAL_INFLUX_TOKEN_FILE.`,
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

async function setup(options: SetupCommandOptions): Promise<void> {
  const config = setupConfigOf(options);
  const { secrets, dryRun, json } = options;
  const changes: { readonly action: string; readonly what: string }[] = [];
  const onChange = ({ action, what }: PlannedChange): void => {
    changes.push({ action, what });
    if (!json) process.stdout.write(`${WORDS[action][dryRun ? 0 : 1].padEnd(8)} ${what}\n`);
  };
  try {
    await setUp(config, { secrets, dryRun, onChange });
    if (!json && !dryRun) tellSecrets(secrets);
  } finally {
    // Also what was done before a failure.
    if (json) process.stdout.write(`${JSON.stringify({ dryRun, changes })}\n`);
  }
}

function tellSecrets(directory: string): void {
  process.stdout.write('\nsecrets are in\n');
  for (const [file, use] of Object.entries(SECRET_FILES)) {
    process.stdout.write(`  ${join(directory, file)}: for ${use}\n`);
  }
}
