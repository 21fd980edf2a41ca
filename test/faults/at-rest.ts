import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/embedded/until.ts';
import type { Books } from '../../src/http/status.ts';
import { QUIET_MS, type World } from './world.ts';

const LOOK_EVERY_MS = 100;

/**
 * The books when all is in them, all is sent, and nothing has moved in them for so long that nothing can be due any more;
 * undefined if that does not come in time.
 * @param messages that must be in them
 */
export async function untilAtRest(
  { evida }: World,
  messages: number,
  withinMs: number,
): Promise<Books | undefined> {
  let before = '';
  let quietSinceMs = performance.now();
  let atRest: Books | undefined;
  await until(async () => {
    await delay(LOOK_EVERY_MS);
    const books = (await evida.status())?.books ?? undefined;
    const now = JSON.stringify(books);
    if (now !== before || books === undefined) quietSinceMs = performance.now();
    before = now;
    const isQuiet = performance.now() - quietSinceMs >= QUIET_MS;
    if (!isQuiet || books === undefined || books.points.unsent > 0 || newMessages(books) < messages)
      return false;
    atRest = books;
    return true;
  }, withinMs);
  return atRest;
}

/** Messages that were not taken for copies. */
export function newMessages({ messages }: Books): number {
  return messages.decoded + messages.dead;
}
