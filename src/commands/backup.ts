import { runJob } from './run-job.ts';
import { createConfiguredVerb, createVerb } from './verb.ts';

export const backupCommand = createVerb('backup', {
  summary: 'copies in blob storage',
  description: 'Makes copies of what Evida has recorded in the blob container BACKUP_CONTAINER.',
  examples: [['evida backup run', 'make a copy now']],
}).addCommand(
  createConfiguredVerb('run', {
    summary: 'make a backup now',
    description: `Copies the analytic tables and the photographs to blob storage.

It does what runs nightly by BACKUP_SCHEDULE. Blobs are named by their content, so what is there already is not sent
again.`,
    examples: [['evida backup run --json', 'the result as one JSON object']],
    exitCodes: [
      [1, 'the backup failed; what was stored stays'],
      [69, 'a server is away; it is not waited for'],
    ],
  })
    .option('--json', 'print the result as one JSON object', false)
    .action((options) => runJob('backup', options)),
);
