import { randomBytes } from 'node:crypto';
import { access, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { deadLetterFilterSchema } from './dead-letter.ts';
import { codeOf, makeDirectory, namesIn } from './disk.ts';

/*
 * Only the process that holds the directory changes the letters. Others leave a request: `<id>.request.json`. It
 * takes one by renaming it to `.taken.json`, and answers in `.answer.json`. Who asked withdraws what nobody takes by
 * removing it: only one of the two can succeed.
 */
const REQUEST = '.request.json';
const TAKEN = '.taken.json';
const ANSWER = '.answer.json';

const requestSchema = z.strictObject({
  verb: z.enum(['drop', 'replay']),
  filter: deadLetterFilterSchema,
});

const answerSchema = z.strictObject({
  /** How many letters were dropped, or taken up again. */
  done: z.int(),
  /** How many could not be. */
  left: z.int(),
  problem: z.string().optional(),
});

/** What is wanted of the process that holds the letters. */
export type DeadLetterRequest = Readonly<z.infer<typeof requestSchema>>;
export type DeadLetterAnswer = Readonly<z.infer<typeof answerSchema>>;

interface AskOptions {
  readonly signal: AbortSignal;
  /** How long it may take when it is begun. */
  readonly waitMs: number;
  /** A process that holds the letters looks several times in so long, however busy it is. */
  readonly takenWithinMs?: number;
}

interface AnswerOptions {
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

const TAKEN_WITHIN_MS = 3000;
const LOOK_EVERY_MS = 50;
const ANSWER_EVERY_MS = 500;
/** Whoever asked was killed since. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * Asks the process that holds the letters to change them.
 *
 * @returns undefined if there is none, or it did not answer in time
 * @throws the signal's reason once it is aborted; the request is withdrawn then
 */
export async function askForDeadLetters(
  directory: string,
  request: DeadLetterRequest,
  { signal, waitMs, takenWithinMs = TAKEN_WITHIN_MS }: AskOptions,
): Promise<DeadLetterAnswer | undefined> {
  const requests = requestsIn(directory);
  await makeDirectory(requests);
  const id = join(requests, randomBytes(6).toString('hex'));
  try {
    await writeWhole(`${id}${REQUEST}`, request);
    const takenBefore = performance.now() + takenWithinMs;
    while (await exists(`${id}${REQUEST}`)) {
      if (performance.now() >= takenBefore && (await withdraw(`${id}${REQUEST}`))) return undefined;
      await delay(LOOK_EVERY_MS, undefined, { signal });
    }
    const answeredBefore = performance.now() + waitMs;
    while (!(await exists(`${id}${ANSWER}`))) {
      if (performance.now() >= answeredBefore) return undefined;
      await delay(LOOK_EVERY_MS, undefined, { signal });
    }
    return answerSchema.parse(JSON.parse(await readFile(`${id}${ANSWER}`, 'utf8')));
  } finally {
    await rm(`${id}${REQUEST}`, { force: true });
    await rm(`${id}${ANSWER}`, { force: true });
  }
}

/** Has `handle` answer what others ask, one after the other, until the signal is aborted. */
export async function answerDeadLetterRequests(
  directory: string,
  handle: (request: DeadLetterRequest) => Promise<DeadLetterAnswer>,
  { log, signal, everyMs = ANSWER_EVERY_MS }: AnswerOptions,
): Promise<void> {
  const requests = requestsIn(directory);
  let isFailing = false;
  while (!signal.aborted) {
    try {
      for (const name of await namesOf(requests)) {
        const path = join(requests, name);
        if (await isForgotten(path)) await rm(path, { force: true });
        else if (name.endsWith(REQUEST)) await answer(path.slice(0, -REQUEST.length), handle);
      }
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ err: error }, `requests in ${requests} cannot be answered`);
      isFailing = true;
    }
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function answer(
  id: string,
  handle: (request: DeadLetterRequest) => Promise<DeadLetterAnswer>,
): Promise<void> {
  try {
    await rename(`${id}${REQUEST}`, `${id}${TAKEN}`);
  } catch (error) {
    // It was withdrawn.
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    const request = requestSchema.parse(JSON.parse(await readFile(`${id}${TAKEN}`, 'utf8')));
    await writeWhole(`${id}${ANSWER}`, await handle(request));
  } catch (error) {
    await writeWhole(`${id}${ANSWER}`, { done: 0, left: 0, problem: messageOf(error) });
  } finally {
    await rm(`${id}${TAKEN}`, { force: true });
  }
}

function requestsIn(directory: string): string {
  return join(directory, 'requests');
}

async function namesOf(requests: string): Promise<string[]> {
  try {
    return await namesIn(requests);
  } catch (error) {
    // Nobody has asked yet.
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function isForgotten(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > FORGOTTEN_AFTER_MS;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** @returns false if it was taken in this moment */
async function withdraw(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Others see it whole or not at all. */
async function writeWhole(path: string, content: DeadLetterRequest | DeadLetterAnswer): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
