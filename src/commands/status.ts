import { askStatus } from '../http/ask-status.ts';
import type { Status } from '../http/status.ts';
import { inColumns } from './in-columns.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions } from './verb.ts';

interface StatusOptions extends EnvironmentOptions {
  readonly json: boolean;
}

export const statusCommand = createConfiguredVerb('status', {
  summary: 'show how the running Evida is',
  description: `Asks the Evida that runs with this DATA_DIR: which of its parts are ready, its books (every message and every point is
accounted for), how far InfluxDB lags behind, the size of the log, and the last run of each job.`,
  examples: [
    ['evida status', 'for people'],
    ['evida status --json', 'for scripts; GET /status gives the same'],
  ],
  exitCodes: [
    [1, 'a part is not ready'],
    [69, 'no Evida runs with this DATA_DIR, or it does not answer'],
  ],
})
  .option('--json', 'print one JSON object', false)
  .action(showStatus);

async function showStatus(options: StatusOptions): Promise<void> {
  const status = await askStatus(configOf(options).DATA_DIR);
  process.stdout.write(`${options.json ? JSON.stringify(status) : statusInWords(status)}\n`);
  process.exitCode = status.ready ? 0 : 1;
}

function statusInWords(status: Status): string {
  const { version, pid, startedAt, roles, boxes, parts, jobs } = status;
  return [
    `Evida ${version}, process ${pid}, since ${startedAt}: ${roles.join(', ')}; ${boxes} boxes`,
    inColumns(
      Object.entries(parts).map(([part, { ready, problem }]) => [
        `  ${part}`,
        ready ? 'ready' : `not ready: ${problem ?? 'starting'}`,
      ]),
    ),
    ...booksInWords(status),
    ...deliveryInWords(status),
    ...(jobs.length === 0 ? [] : ['Jobs', inColumns(jobs.map(jobRow))]),
  ].join('\n');
}

function booksInWords({ books }: Status): string[] {
  if (books === null) return [];
  const { messages, points } = books;
  return [
    'Books',
    `  messages  ${messages.received} received = ${messages.decoded} decoded + ${messages.dead} dead + ${messages.duplicate} duplicate`,
    `  points    ${points.decided} decided = ${points.written} written + ${points.dead} dead + ${points.unsent} unsent`,
  ];
}

function deliveryInWords({ delivery }: Status): string[] {
  if (delivery === null) return [];
  const { lagMs, oldestUnsentAt, journalBytes, journalMaxBytes, snapshotAt, noisiest } = delivery;
  const unsent = oldestUnsentAt === null ? 'nothing is unsent' : `oldest unsent point ${oldestUnsentAt}`;
  const rows: string[][] = [
    ['  lag', `${(lagMs / 1000).toFixed(1)} s, ${unsent}`],
    [
      '  log',
      `${megabytes(journalBytes)} of ${megabytes(journalMaxBytes)} MB; snapshot ${snapshotAt ?? 'not yet'}`,
    ],
    ['  requests', `${delivery.writeRequests}, of them repeated ${delivery.writeRetries}`],
  ];
  if (delivery.backlog) rows.push(['  backlog', 'what comes now had waited at the broker']);
  if (delivery.clockAheadMs > 1000)
    rows.push([
      '  clock',
      `the wall clock was set back; ${(delivery.clockAheadMs / 1000).toFixed(0)} s to catch up`,
    ]);
  const letters = Object.entries(delivery.deadLetters).map(([reason, count]) => `${count} ${reason}`);
  if (letters.length > 0) rows.push(['  dead letters', letters.join(', ')]);
  if (noisiest.length > 0) {
    const outlets = noisiest
      .slice(0, 3)
      .map(({ box, outlet, photographs }) => `${box}/${outlet} (${photographs})`);
    rows.push(['  noisiest', outlets.join(', ')]);
  }
  return ['Delivery', inColumns(rows)];
}

function jobRow({ job, lastRunAt, durationMs, error }: Status['jobs'][number]): string[] {
  if (lastRunAt === null) return [`  ${job}`, 'not run yet'];
  const took = durationMs === null ? '' : ` in ${(durationMs / 1000).toFixed(1)} s`;
  return [`  ${job}`, `${lastRunAt}${took}: ${error ?? 'done'}`];
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
