import { type Command, Option } from 'commander';
import { BoxListStore, type KnownList, type ListAsRead } from '../eboost/box-list-store.ts';
import { missingFrom } from '../eboost/review-box-list.ts';
import { EvidaError } from '../errors.ts';
import { type HeardBox, hearBoxes } from '../mqtt/hear-boxes.ts';
import { inColumns } from './in-columns.ts';
import { configOf, createConfiguredVerb, durationMs, type EnvironmentOptions } from './verb.ts';

interface AcceptOptions extends EnvironmentOptions {
  readonly json: boolean;
}

interface BoxesOptions extends AcceptOptions {
  readonly unlisted: boolean;
  readonly for: number;
}

const acceptCommand = createConfiguredVerb('accept', {
  summary: 'take a box list that was refused',
  description: `Takes the box list that Evida has refused because it lacks more than 20 % of the known boxes, and shows which
boxes go.

A running Evida with this DATA_DIR takes it within seconds: it listens to them no more. If none runs, the next start
takes it.`,
  examples: [['evida boxes && evida boxes accept', 'look at what was refused, then take it']],
  exitCodes: [[1, 'no list was refused, or a file in DATA_DIR cannot be read or written']],
})
  .option('--json', 'print one JSON object', false)
  // Options that both have are taken by `boxes`, wherever they stand.
  .action((_options: AcceptOptions, command: Command) => accept(command.optsWithGlobals<AcceptOptions>()));

export const boxesCommand = createConfiguredVerb('boxes', {
  summary: 'show the boxes that Evida listens to',
  description: `Shows the boxes that Evida listens to, as it keeps them in DATA_DIR: number, name, district, city, whether they are in
service at Eboost, and since when they are listed, or missing from the list.

With --unlisted it listens at the broker, by one wildcard, and shows boxes that publish but are not listed.`,
  examples: [
    ['evida boxes', 'the boxes as a table'],
    ['evida boxes --unlisted --for 1m', 'boxes that are heard within a minute but not listed'],
    ['evida boxes accept', 'take a list that was refused'],
  ],
  exitCodes: [
    [1, 'no list is kept in DATA_DIR, a file cannot be read, or the broker refuses the wildcard'],
    [69, 'the broker is away'],
  ],
})
  .option('--unlisted', 'show boxes that are heard but not listed', false)
  .addOption(
    new Option('--for <duration>', 'with --unlisted: listen so long, such as 60s or 10m')
      .argParser(durationMs)
      .default(10_000, '10s'),
  )
  .option('--json', 'print one JSON object', false)
  .action(showBoxes)
  .addCommand(acceptCommand);

async function showBoxes(options: BoxesOptions): Promise<void> {
  const config = configOf(options);
  const store = new BoxListStore(config.DATA_DIR);
  const known = await listOf(store);
  if (options.unlisted) {
    const listed = new Set(known.boxes.map(({ number }) => number));
    const heard = await hearBoxes(config, options.for);
    const unlisted = heard.filter(({ number }) => !listed.has(number));
    print(options.json ? JSON.stringify({ listenedMs: options.for, unlisted }) : unlistedInWords(unlisted));
    return;
  }
  const refused = await store.refused.read();
  print(options.json ? JSON.stringify(asJson(known, refused)) : listInWords(known, refused));
}

async function accept(options: AcceptOptions): Promise<void> {
  const store = new BoxListStore(configOf(options).DATA_DIR);
  const known = await listOf(store);
  const refused = await store.refused.read();
  if (refused === undefined) {
    throw new EvidaError('BOX_LIST_ABSENT', {
      operation: `reading ${store.refused.path}`,
      problem: 'no box list was refused, so there is nothing to accept',
    });
  }
  const missing = new Set(missingFrom(known.boxes, refused.boxes));
  const gone = known.boxes.filter(({ number }) => missing.has(number));
  // Exactly what was shown is taken, even if another list is refused in the meantime.
  await store.accepted.write(refused);
  if (options.json) {
    print(JSON.stringify({ readAt: iso(refused.readAtMs), boxes: refused.boxes.length, gone: [...missing] }));
    return;
  }
  const rows = gone.map(({ number, name, district, city }) => [`${number}`, name, district, city]);
  print(`${inColumns([['box', 'name', 'district', 'city'], ...rows])}

These ${gone.length} of ${known.boxes.length} boxes go, by the list of ${iso(refused.readAtMs)}. A running Evida takes it within seconds; otherwise
the next start does.`);
}

async function listOf(store: BoxListStore): Promise<KnownList> {
  const known = await store.known.read();
  if (known !== undefined) return known;
  throw new EvidaError('BOX_LIST_ABSENT', {
    operation: `reading ${store.known.path}`,
    problem: 'no box list is kept there',
    hint: 'evida run keeps it when it has read it from Eboost; DATA_DIR must be the same here as there.',
  });
}

function asJson(known: KnownList, refused: ListAsRead | undefined): object {
  return {
    readAt: iso(known.readAtMs),
    boxes: known.boxes.map(({ listedSinceMs, missingSinceMs, missingLists, ...box }) => ({
      ...box,
      listedSince: iso(listedSinceMs),
      missingSince: missingSinceMs === null ? null : iso(missingSinceMs),
      missingLists,
    })),
    refused: refused && {
      readAt: iso(refused.readAtMs),
      boxes: refused.boxes.length,
      missing: missingFrom(known.boxes, refused.boxes),
    },
  };
}

function listInWords(known: KnownList, refused: ListAsRead | undefined): string {
  const rows = known.boxes.map((box) => [
    `${box.number}`,
    box.name,
    box.district,
    box.city,
    box.inService === null ? null : box.inService ? 'yes' : 'no',
    iso(box.listedSinceMs),
    box.missingSinceMs === null ? null : iso(box.missingSinceMs),
  ]);
  const header = ['box', 'name', 'district', 'city', 'in service', 'listed since', 'missing since'];
  const lines = [
    inColumns([header, ...rows]),
    '',
    `${known.boxes.length} boxes, by the list of ${iso(known.readAtMs)}`,
  ];
  if (refused !== undefined) {
    const missing = missingFrom(known.boxes, refused.boxes);
    lines.push(
      `The list of ${iso(refused.readAtMs)} was refused: it lacks ${missing.length} of them. If they are gone: evida boxes accept`,
    );
  }
  return lines.join('\n');
}

function unlistedInWords(boxes: readonly HeardBox[]): string {
  if (boxes.length === 0) return 'every box that was heard is listed';
  const rows = boxes.flatMap(({ number, topics }) =>
    topics.map(({ topic, messages, retained }) => [`${number}`, topic, `${messages}`, `${retained}`]),
  );
  return inColumns([['box', 'topic', 'messages', 'retained'], ...rows]);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
