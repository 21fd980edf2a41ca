import { type Command, InvalidArgumentError, Option } from 'commander';
import { EvidaError } from '../errors.ts';
import { askForDeadLetters, type DeadLetterAnswer } from '../journal/dead-letter-requests.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  DeadLetters,
  findDeadLetter,
  listDeadLetters,
} from '../journal/dead-letters.ts';
import { lockDirectory } from '../journal/lock.ts';
import { createLog } from '../log.ts';
import { deadLettersDirectory } from '../services/telemetry/directories.ts';
import { stopSignal } from '../stop-signal.ts';
import { inColumns } from './in-columns.ts';
import {
  configOf,
  createConfiguredVerb,
  type EnvironmentOptions,
  positiveInteger,
  type VerbTexts,
} from './verb.ts';

interface LetterOptions extends EnvironmentOptions {
  readonly json: boolean;
  readonly kind?: DeadLetter['kind'];
  readonly reason?: string;
}

interface ListOptions extends LetterOptions {
  readonly limit: number;
}

interface ChangeOptions extends LetterOptions {
  readonly all: boolean;
}

/** How long a running Evida may take to answer. */
const ANSWER_WITHIN_MS = 30_000;
const NOBODY = [1, 'there is no such letter, or some could not be taken up'] as const;

const kind = (): Option =>
  new Option('--kind <kind>', 'only messages, or only points').choices(['message', 'point']);

const listCommand = createConfiguredVerb('list', {
  summary: 'show what could not be used, and why',
  description: `Shows the messages of which nothing could be decoded, and the points that InfluxDB refused, oldest first, and how
many there are by reason.`,
  examples: [
    ['evida dead-letters list', 'the first of them, as a table'],
    ['evida dead-letters list --reason unknown-topic --json', 'those of one reason, one JSON object a line'],
  ],
})
  .addOption(kind())
  .option('--reason <reason>', 'only those of this reason')
  .option('--limit <number>', 'at most so many', positiveInteger, 50)
  .option('--json', 'print one JSON object a line', false)
  .action((_: ListOptions, command: Command) => list(command.optsWithGlobals<ListOptions>()));

const showCommand = createConfiguredVerb('show', {
  summary: 'show one of them whole',
  description: `Shows one dead letter whole: its topic and payload, or its line, and why it could not be used.`,
  examples: [['evida dead-letters show 4711', 'the letter of this number']],
  exitCodes: [NOBODY],
})
  .argument('<id>', 'its number, as `list` shows it', letterId)
  .option('--json', 'print one JSON object', false)
  .action((id: number, _: LetterOptions, command: Command) =>
    show(id, command.optsWithGlobals<LetterOptions>()),
  );

const replayCommand = createChangeCommand('replay', {
  summary: 'take them up again',
  description: `Has the running Evida take dead letters up again, after what was wrong is mended. Points are sent to InfluxDB
again as they are. Messages are decoded again at their original time; since they are old news by now, they set only
what is still unknown. What is of no use even now stays.`,
  examples: [
    ['evida dead-letters replay 4711 4712', 'these two'],
    ['evida dead-letters replay --kind point', 'all points'],
  ],
  exitCodes: [NOBODY, [69, 'no Evida runs with this DATA_DIR']],
});

const dropCommand = createChangeCommand('drop', {
  summary: 'forget them',
  description: `Forgets dead letters for good.`,
  examples: [['evida dead-letters drop --reason unknown-topic', 'all of one reason']],
  exitCodes: [NOBODY],
});

export const deadLettersCommand = createConfiguredVerb('dead-letters', {
  summary: 'show, take up again or forget what could not be used',
  description: `Messages of which nothing could be decoded, and points that InfluxDB refused, are kept in DATA_DIR as dead letters,
up to DEAD_LETTERS_MAX.`,
  examples: [
    ['evida dead-letters list', 'what there is'],
    ['evida dead-letters replay --all', 'take all up again'],
  ],
});
for (const command of [listCommand, showCommand, replayCommand, dropCommand])
  deadLettersCommand.addCommand(command);

/** A command that does something with the letters that its arguments and options name. */
function createChangeCommand(verb: 'replay' | 'drop', texts: VerbTexts): Command {
  return createConfiguredVerb(verb, texts)
    .argument('[ids...]', 'their numbers, as `list` shows them')
    .addOption(kind())
    .option('--reason <reason>', 'all of this reason')
    .option('--all', 'all of them', false)
    .option('--json', 'print one JSON object', false)
    .action((ids: string[], _: ChangeOptions, command: Command) =>
      change(verb, ids, command.optsWithGlobals<ChangeOptions>()),
    );
}

async function list({ kind, reason, limit, json, ...options }: ListOptions): Promise<void> {
  const directory = deadLettersDirectory(configOf(options).DATA_DIR);
  const filter = { ...(kind && { kind }), ...(reason !== undefined && { reason }) };
  const rows: string[][] = [];
  for await (const letter of listDeadLetters(directory, { ...filter, limit })) {
    if (json) print(JSON.stringify(letter));
    else rows.push(rowOf(letter));
  }
  if (json) return;
  if (rows.length === 0) print('there are no dead letters');
  else print(inColumns([['id', 'kind', 'died', 'reason', 'what'], ...rows]));
}

async function show(id: number, { json, ...options }: LetterOptions): Promise<void> {
  const directory = deadLettersDirectory(configOf(options).DATA_DIR);
  const letter = await findDeadLetter(directory, id);
  if (letter === undefined) throw noSuchLetter(directory);
  print(json ? JSON.stringify(letter) : inWords(letter));
}

async function change(
  verb: 'replay' | 'drop',
  ids: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const config = configOf(options);
  const directory = deadLettersDirectory(config.DATA_DIR);
  const filter = filterOf(ids, options);
  const answer =
    (await askForDeadLetters(
      directory,
      { verb, filter },
      { signal: stopSignal(), waitMs: ANSWER_WITHIN_MS },
    )) ?? (await doAlone(verb, config.DATA_DIR, filter));
  if (options.json) print(JSON.stringify(answer));
  else print(`${answer.done} ${verb === 'replay' ? 'taken up again' : 'forgotten'}, ${answer.left} left`);
  if (answer.problem !== undefined) process.stderr.write(`${answer.problem}\n`);
  if (answer.done === 0 || answer.left > 0 || answer.problem !== undefined) process.exitCode = 1;
}

/** Nobody runs with this DATA_DIR: letters can be forgotten all the same, but only a running Evida takes them up. */
async function doAlone(
  verb: 'replay' | 'drop',
  dataDir: string,
  filter: DeadLetterFilter,
): Promise<DeadLetterAnswer> {
  if (verb === 'replay') {
    throw new EvidaError('NOT_RUNNING', {
      operation: 'taking dead letters up again',
      problem: `no Evida runs with ${dataDir}`,
      hint: 'Start it with `evida run`, then ask again.',
    });
  }
  const lock = await lockDirectory(dataDir, 'evida dead-letters drop');
  try {
    const log = createLog({ LOG_LEVEL: 'warn', LOG_FORMAT: 'text' });
    const maxBytes = Number.POSITIVE_INFINITY;
    const letters = await DeadLetters.open({ directory: deadLettersDirectory(dataDir), maxBytes, log });
    try {
      return { done: await letters.drop(filter), left: 0 };
    } finally {
      await letters.close();
    }
  } finally {
    await lock.release();
  }
}

function filterOf(ids: readonly string[], { kind, reason, all }: ChangeOptions): DeadLetterFilter {
  if (ids.length === 0 && kind === undefined && reason === undefined && !all) {
    throw new EvidaError('USAGE', {
      operation: 'choosing dead letters',
      problem: 'none are named',
      hint: 'Name their numbers, --kind, --reason or --all.',
    });
  }
  return {
    ...(ids.length > 0 && { ids: ids.map(letterId) }),
    ...(kind && { kind }),
    ...(reason !== undefined && { reason }),
  };
}

function letterId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the number of a letter, as `evida dead-letters list` shows it.');
}

function noSuchLetter(directory: string): EvidaError {
  return new EvidaError('DEAD_LETTER_ABSENT', {
    operation: `looking for a dead letter in ${directory}`,
    problem: 'there is none of this number',
    hint: 'evida dead-letters list shows them.',
  });
}

function rowOf(letter: DeadLetter): string[] {
  const what = letter.kind === 'message' ? `${letter.topic} ${textOf(letter.payload)}` : letter.line;
  return [`${letter.id}`, letter.kind, iso(letter.diedAt), letter.reason.slice(0, 60), what.slice(0, 80)];
}

function inWords(letter: DeadLetter): string {
  const rows =
    letter.kind === 'message'
      ? [
          ['received', iso(letter.receivedAt)],
          ['reason', `${letter.reason}: ${letter.detail}`],
          ['topic', letter.topic],
          ['payload', textOf(letter.payload)],
        ]
      : [
          ['died', iso(letter.diedAt)],
          ['reason', letter.reason],
          ['bucket', letter.bucket],
          ['line', letter.line],
        ];
  return inColumns([[`${letter.kind} ${letter.id}`], ...rows]);
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
