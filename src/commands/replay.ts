import { InvalidArgumentError } from 'commander';
import { loadThresholds } from '../config.ts';
import { EvidaError } from '../errors.ts';
import { readJournal } from '../journal/read-journal.ts';
import { photographRules } from '../services/photograph/photographs.ts';
import { journalDirectory } from '../services/telemetry/directories.ts';
import { type Recording, type ReplayResult, replay } from '../services/telemetry/replay.ts';
import { THRESHOLDS } from '../variables.ts';
import { inColumns } from './in-columns.ts';
import {
  configOf,
  createConfiguredVerb,
  durationMs,
  type EnvironmentOptions,
  environmentOf,
} from './verb.ts';

interface ReplayOptions extends EnvironmentOptions {
  readonly from?: number;
  readonly to?: number;
  readonly set: Readonly<Record<string, string>>;
  readonly json: boolean;
}

const PROGRESS_EVERY_MS = 2000;
const UNITS: Readonly<Record<string, string>> = {
  current: 'A',
  powerFactor: 'points',
  voltage: 'V',
  energy: 'kWh',
};

export const replayCommand = createConfiguredVerb('replay', {
  summary: 'show what other thresholds would have recorded',
  description: `Decides the messages of the kept log (JOURNAL_KEEP) again under other thresholds, in virtual time, and shows both
records side by side: how many photographs, by reason, and how far each lies from the values that were received while
outlets were charging. Fewer photographs or smaller deviations: that is the choice. Nothing is changed, and Evida may run
meanwhile.

What is before --from sets the stage; without it, outlets begin with a photograph of reason first.`,
  examples: [
    [
      'evida replay --from 2h --set PHOTOGRAPH_CURRENT_DEADBAND_A=2',
      'the last two hours, with a larger deadband',
    ],
    [
      'evida replay --from 2026-10-01T00:00Z --to 2026-10-02T00:00Z --set PHOTOGRAPH_INTERVAL=15m --json',
      'a day, as JSON',
    ],
  ],
  exitCodes: [[1, 'the log holds no message of that time']],
})
  .option('--from <time>', 'an ISO time, or how long ago, such as 2h', instant)
  .option('--to <time>', 'an ISO time, or how long ago', instant)
  .option(
    '--set <NAME=value>',
    'a threshold to try, as evida thresholds names it; may be repeated',
    setting,
    {},
  )
  .option('--json', 'print one JSON object', false)
  .action(showReplay);

async function showReplay(options: ReplayOptions): Promise<void> {
  const { DATA_DIR } = configOf(options);
  const rules = photographRules(loadThresholds({ ...environmentOf(options), ...options.set }));
  const { from = 0, to = Number.POSITIVE_INFINITY } = options;
  const result = await replay(readJournal(journalDirectory(DATA_DIR), { to }), rules, from, progress());
  if (result.messages === 0) {
    throw new EvidaError('JOURNAL_EMPTY', {
      operation: `replaying the log in ${journalDirectory(DATA_DIR)}`,
      problem: 'it holds no message of that time',
      hint: 'JOURNAL_KEEP and JOURNAL_MAX say how much of it is kept; DATA_DIR must be that of the running Evida.',
    });
  }
  process.stdout.write(`${options.json ? JSON.stringify(result) : inWords(result, options.set)}\n`);
}

/** A word now and then on standard error, for people who wait. */
function progress(): (atMs: number) => void {
  let saidAt = performance.now();
  return (atMs) => {
    if (!process.stderr.isTTY || performance.now() < saidAt + PROGRESS_EVERY_MS) return;
    saidAt = performance.now();
    process.stderr.write(`replayed up to ${iso(atMs)}\n`);
  };
}

function inWords(
  { fromMs, toMs, messages, recorded, replayed }: ReplayResult,
  set: Readonly<Record<string, string>>,
): string {
  const changed = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  return [
    `${messages} messages from ${iso(fromMs ?? 0)} to ${iso(toMs ?? 0)}`,
    `replayed with ${changed.length === 0 ? 'the present thresholds' : changed.join(', ')}`,
    '',
    inColumns([['photographs', 'recorded', 'replayed'], ...photographRows(recorded, replayed)]),
    '',
    inColumns([
      ['off while charging', 'unit', 'mean', 'p99', 'max', 'replayed: mean', 'p99', 'max'],
      ...deviationRows(recorded, replayed),
    ]),
  ].join('\n');
}

function photographRows(recorded: Recording, replayed: Recording): string[][] {
  const before = new Map(Object.entries(recorded.photographs));
  const after = new Map(Object.entries(replayed.photographs));
  const total = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  const reasons = [...new Set([...before.keys(), ...after.keys()])].sort();
  return [
    ...reasons.map((reason) => [reason, `${before.get(reason) ?? 0}`, `${after.get(reason) ?? 0}`]),
    ['in all', `${total(before)}`, `${total(after)}`],
  ];
}

function deviationRows(recorded: Recording, replayed: Recording): string[][] {
  return Object.entries(recorded.deviations).map(([quantity, before]) => {
    const after = replayed.deviations[quantity];
    const cells = [before, after].flatMap((deviation) =>
      [deviation?.mean, deviation?.p99, deviation?.max].map((value = 0) => value.toFixed(3)),
    );
    return [quantity, UNITS[quantity] ?? '', ...cells];
  });
}

/** An option's argument: a time, ms UTC. */
function instant(text: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at) && /^\d{4}-/.test(text)) return at;
  try {
    return Date.now() - durationMs(text);
  } catch {
    throw new InvalidArgumentError(
      'It must be a time such as 2026-10-01T07:00Z, or how long ago, such as 2h.',
    );
  }
}

function setting(text: string, others: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([A-Z_]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined || !(name in THRESHOLDS))
    throw new InvalidArgumentError('It must be NAME=value, with a name that evida thresholds shows.');
  return { ...others, [name]: value };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
