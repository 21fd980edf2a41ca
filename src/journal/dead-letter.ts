import { join } from 'node:path';
import { z } from 'zod';
import { codeOf, namesIn } from './disk.ts';
import { readLines } from './read-lines.ts';

const time = z.int().nonnegative();
const id = z.int().nonnegative();

const deadLetterSchema = z.discriminatedUnion('kind', [
  /** A message of which nothing could be used. */
  z.object({
    kind: z.literal('message'),
    id,
    receivedAt: time,
    topic: z.string(),
    payload: z.base64(),
    reason: z.string(),
    detail: z.string(),
    diedAt: time,
  }),
  /** A point that InfluxDB refuses for good. */
  z.object({
    kind: z.literal('point'),
    id,
    line: z.string(),
    bucket: z.string(),
    reason: z.string(),
    diedAt: time,
  }),
]);

/** What could not be used, and why. `id` is its sequence in the log; times in ms. */
export type DeadLetter = Readonly<z.infer<typeof deadLetterSchema>>;

export const deadLetterFilterSchema = z.strictObject({
  kind: z.enum(['message', 'point']).optional(),
  reason: z.string().optional(),
  ids: z.array(id).readonly().optional(),
});

/** Which letters; all if it says nothing. */
export type DeadLetterFilter = {
  readonly kind?: DeadLetter['kind'] | undefined;
  readonly reason?: string | undefined;
  readonly ids?: readonly number[] | undefined;
};

/** Tells whether a letter is one of those that a filter means. */
export function matcherOf({ kind, reason, ids }: DeadLetterFilter): (letter: DeadLetter) => boolean {
  const wanted = ids && new Set(ids);
  return (letter) =>
    (kind === undefined || letter.kind === kind) &&
    (reason === undefined || letter.reason === reason) &&
    (wanted === undefined || wanted.has(letter.id));
}

/** Undefined if the line is no letter. */
export function parseLetter(line: Buffer): DeadLetter | undefined {
  try {
    return deadLetterSchema.parse(JSON.parse(line.toString()));
  } catch {
    return undefined;
  }
}

const NAME = /^letters-(\d{8})\.jsonl$/;

/** A file of letters, one a line. */
export interface LetterFile {
  readonly path: string;
  readonly number: number;
}

export function letterFile(directory: string, number: number): LetterFile {
  return { path: join(directory, `letters-${String(number).padStart(8, '0')}.jsonl`), number };
}

/** Oldest first; none if there is no such directory. */
export async function listLetterFiles(directory: string): Promise<LetterFile[]> {
  try {
    return (await namesIn(directory)).flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      return number === undefined ? [] : [letterFile(directory, Number(number))];
    });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * The dead letters in a directory, oldest first, for any process, also while another adds and drops some.
 * @throws the error of a system call
 */
export async function* listDeadLetters(
  directory: string,
  { limit = Number.POSITIVE_INFINITY, ...filter }: DeadLetterFilter & { readonly limit?: number } = {},
): AsyncGenerator<DeadLetter> {
  const matches = matcherOf(filter);
  let left = limit;
  for (const { path } of await listLetterFiles(directory)) {
    for await (const line of linesIfThere(path)) {
      if (left <= 0) return;
      const letter = parseLetter(line);
      if (letter === undefined || !matches(letter)) continue;
      left -= 1;
      yield letter;
    }
  }
}

/** Undefined if there is none of this id. */
export async function findDeadLetter(directory: string, id: number): Promise<DeadLetter | undefined> {
  for await (const letter of listDeadLetters(directory, { ids: [id], limit: 1 })) return letter;
  return undefined;
}

/** Another process may have dropped all that was in it. */
async function* linesIfThere(path: string): AsyncGenerator<Buffer> {
  try {
    yield* readLines(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
