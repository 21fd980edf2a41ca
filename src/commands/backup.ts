import { InvalidArgumentError } from 'commander';
import { createLog } from '../log.ts';
import { Job, jobRunInWords } from '../services/job.ts';
import { type Backups, type OnStep, openBackups } from '../services/open-backup.ts';
import { stopSignal } from '../stop-signal.ts';
import { inColumns } from './in-columns.ts';
import { sizeInWords, tellSteps } from './tell-steps.ts';
import {
  configOf,
  createConfiguredVerb,
  createVerb,
  type EnvironmentOptions,
  positiveInteger,
} from './verb.ts';

interface Options extends EnvironmentOptions {
  readonly json: boolean;
}

/** What most of these may end with. */
const AWAY = [69, 'a server is away; it is not waited for'] as const;
const DAMAGED = [65, 'a backup is damaged'] as const;

export const backupCommand = createVerb('backup', {
  summary: 'copies in blob storage',
  description: `Makes copies of what Evida has recorded in the blob container BACKUP_CONTAINER, looks whether they are whole, and
restores them. docs/backup.md tells what is in them, and how to restore on a new machine.`,
  examples: [
    ['evida backup run', 'make a copy now'],
    ['evida backup rehearse', 'restore it into databases made for that, and compare'],
  ],
});

const run = createConfiguredVerb('run', {
  summary: 'make a backup now',
  description: `Copies what has changed since the last backup to blob storage: the tables in Postgres, the measurements in InfluxDB, the
box list, the thresholds, the dashboards.

It does what runs nightly by BACKUP_SCHEDULE, and counts as that. One that is under way is waited for. Blobs are named by
their content, so what is there already is not sent again, also after a backup that was killed.`,
  examples: [
    ['evida backup run --json', 'the result as one JSON object'],
    ['evida backup run --full', 'read everything anew'],
  ],
  exitCodes: [[1, 'the backup failed; what was stored stays'], DAMAGED, AWAY],
})
  .option('--full', 'read everything, not only what has changed', false)
  .option('--json', 'print the result as one JSON object', false)
  .action((options: Options & { readonly full: boolean }) =>
    runAsJob('backup', options, (backups, signal, onStep) =>
      backups.run(signal, { isFull: options.full }, onStep),
    ),
  );

const rehearse = createConfiguredVerb('rehearse', {
  summary: 'restore the latest backup on trial',
  description: `Restores the latest backup into a database and buckets made for that, compares counts and hashes with those of the source
at the moment of the backup, and removes them. It does what runs weekly by REHEARSAL_SCHEDULE.

It needs rights that Evida itself need not have: REHEARSAL_DATABASE_URL, REHEARSAL_INFLUX_TOKEN.`,
  examples: [['evida backup rehearse --json', 'the result as one JSON object']],
  exitCodes: [[1, 'it failed'], [65, 'what was restored is not what the source was'], AWAY],
})
  .option('--json', 'print the result as one JSON object', false)
  .action((options: Options) =>
    runAsJob('rehearsal', options, (backups, signal, onStep) => backups.rehearse(signal, onStep)),
  );

const list = createConfiguredVerb('list', {
  summary: 'show which backups there are',
  description:
    'Shows the backups in blob storage, the latest last, with what each holds, and which of them are damaged.',
  examples: [['evida backup list --json', 'as one JSON array']],
  exitCodes: [DAMAGED, AWAY],
})
  .option('--json', 'print one JSON array', false)
  .action((options: Options) =>
    withBackups(options, async (backups) => {
      const all = await backups.list(stopSignal());
      if (all.some((one) => 'damaged' in one)) process.exitCode = 65;
      if (options.json) return print(JSON.stringify(all));
      if (all.length === 0) return print('there are no backups');
      const rows = all.map((one) => {
        if ('damaged' in one) return [String(one.backup), 'damaged', '', '', '', ''];
        const { backup, createdAt, rows, values, blobs, bytes } = one;
        return [backup, createdAt, rows, values, blobs, sizeInWords(bytes)].map(String);
      });
      print(inColumns([['backup', 'made at', 'rows', 'values', 'blobs', 'size'], ...rows]));
      for (const one of all) if ('damaged' in one) print(one.damaged);
    }),
  );

const verify = createConfiguredVerb('verify', {
  summary: 'look whether all backups are whole',
  description: `Reads every blob that any backup needs: whether it is there, of its size and hash, and can be unpacked; and whether the
chain of the backups is without a gap. Blobs that no backup needs are named; evida backup prune removes those of Evida's.`,
  examples: [['evida backup verify', 'takes as long as all backups take to read']],
  exitCodes: [[65, 'something is missing, or not as it was stored'], AWAY],
})
  .option('--json', 'print the result as one JSON object', false)
  .action((options: Options) =>
    withBackups(options, async (backups) => {
      const result = await backups.verify(stopSignal(), tellSteps(watched(options)));
      const { manifests, blobs, bytes, problems, orphans } = result;
      if (options.json) print(JSON.stringify(result));
      else {
        for (const problem of problems) print(problem);
        for (const orphan of orphans) print(`${orphan}: no backup needs it`);
        const words = `${manifests} backups, ${blobs} blobs, ${sizeInWords(bytes)}`;
        print(
          problems.length === 0
            ? `${words}: all as they were stored`
            : `${words}: ${problems.length} problems`,
        );
      }
      if (problems.length > 0) process.exitCode = 65;
    }),
  );

interface RestoreCommandOptions extends Options {
  readonly at?: number;
  readonly only?: string;
  readonly files?: string;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

const restore = createConfiguredVerb('restore', {
  summary: 'put a backup back',
  description: `Restores a backup into DATABASE_URL and the buckets of this environment, which may be empty or not. Rows and values that are
there stay, but for rows of Eboost's that are older than the backup's; with --overwrite, tables become what they were and
values are written over. Each table is restored as a whole or not at all. Done twice, it changes nothing more; one that was
stopped or killed is done again. If the latest backup is damaged, --at gives the last one that can be read; it says so.`,
  examples: [
    ['evida backup restore --dry-run', 'say what would be put back'],
    ['evida backup restore', 'the latest backup'],
    [
      'evida backup restore --at 2026-10-02T00:00:00Z --only charging_session --overwrite',
      'a table as it was',
    ],
  ],
  exitCodes: [[1, 'there is no such backup, or it does not fit the database'], DAMAGED, AWAY],
})
  .option(
    '--at <time>',
    'the last backup that was made then or before: 2026-10-02, 2026-10-02T08:00:00Z',
    moment,
  )
  .option('--only <name>', 'only this table or measurement')
  .option('--files <folder>', 'also write box list, thresholds and dashboards into this folder')
  .option('--overwrite', 'also over what is newer', false)
  .option('--dry-run', 'only say what would be done', false)
  .option('--json', 'print the result as one JSON object', false)
  .action((options: RestoreCommandOptions) =>
    withBackups(options, async (backups) => {
      const { at, only, files, overwrite, dryRun, json } = options;
      const selection = {
        atMs: at ?? Number.POSITIVE_INFINITY,
        ...(only !== undefined && { only }),
        ...(files !== undefined && { filesInto: files }),
        isOverwriting: overwrite,
        isDryRun: dryRun,
      };
      const result = await backups.restore(stopSignal(), selection, tellSteps(watched(options)));
      if (json) return print(JSON.stringify(result));
      const { backup, createdAt, tables, rows, days, values, damaged, forgottenUnknown } = result;
      if (damaged.length > 0) print(`passed over, as they are damaged: backups ${damaged.join(', ')}`);
      if (forgottenUnknown.length > 0)
        print(
          `damaged, and so silent on who was forgotten: backups ${forgottenUnknown.join(', ')}; forget again whoever was since the one before`,
        );
      print(
        `backup ${backup} of ${createdAt}: ${rows} rows of ${tables} tables and ${values} values of ${days} days ${dryRun ? 'would be' : 'were'} put back`,
      );
    }),
  );

const prune = createConfiguredVerb('prune', {
  summary: 'remove old backups',
  description: `Removes backups but the last ones, and the blobs that none of these needs. Without --yes it only says what it would remove.
Blobs that Evida has not named stay.`,
  examples: [
    ['evida backup prune --keep 30', 'say what would be removed'],
    ['evida backup prune --keep 30 --yes', 'remove it'],
  ],
  exitCodes: [DAMAGED, AWAY],
})
  .option('--keep <number>', 'how many backups stay, whatever their age', positiveInteger, 30)
  .option('--yes', 'do it', false)
  .option('--json', 'print the result as one JSON object', false)
  .action((options: Options & { readonly keep: number; readonly yes: boolean }) =>
    withBackups(options, async (backups) => {
      const { keep, yes, json } = options;
      const result = await backups.prune(stopSignal(), { keep, isDryRun: !yes }, tellSteps(watched(options)));
      if (json) return print(JSON.stringify(result));
      const { before, kept, removed, bytes } = result;
      print(
        `${kept} of ${before} backups stay; ${removed} blobs, ${sizeInWords(bytes)}, ${yes ? 'were removed' : 'would be removed: --yes does it'}`,
      );
    }),
  );

for (const command of [run, list, verify, restore, rehearse, prune]) backupCommand.addCommand(command);

async function withBackups(options: Options, work: (backups: Backups) => Promise<void>): Promise<void> {
  const config = configOf(options);
  const { backups, close } = openBackups(config, createLog(config));
  try {
    await work(backups);
  } finally {
    await close();
  }
}

/** One run of a job now; tells its result, and sets the exit code if it failed. */
async function runAsJob(
  name: string,
  options: Options,
  work: (backups: Backups, signal: AbortSignal, onStep: OnStep) => Promise<object>,
): Promise<void> {
  const config = configOf(options);
  const log = createLog(config);
  const { backups, prepare, close } = openBackups(config, log);
  const onStep = tellSteps(watched(options));
  try {
    await prepare();
    const job = new Job(
      name,
      (signal) => work(backups, AbortSignal.any([signal, stopSignal()]), onStep),
      log,
    );
    const run = await job.run();
    print(options.json ? JSON.stringify(run) : jobRunInWords(run));
    process.exitCode = run.exitCode;
  } finally {
    await close();
  }
}

/** Where people look; with --json, standard output is for the result alone. */
function watched({ json }: Options): NodeJS.WritableStream {
  return json ? process.stderr : process.stdout;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function moment(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError(
    'It must be a day or a time with its zone: 2026-10-02, 2026-10-02T08:00:00Z.',
  );
}
