import { setTimeout as delay } from 'node:timers/promises';
import { startError } from './server-log.ts';
import type { SupervisedServer } from './supervise.ts';

const PROBE_EVERY_MS = 25;
const READY_WITHIN_MS = 60_000;

/**
 * Asks a server until it is ready.
 *
 * @param probe gives what the caller needs (a port, a version), or undefined while the server is not ready;
 *   a probe that throws is asked again
 * @throws EvidaError EMBEDDED_START, with the last lines of the log, if the server ends or takes too long;
 *   nothing is left running then
 */
export async function untilReady<T>(
  server: SupervisedServer,
  probe: () => Promise<T | undefined>,
  timeoutMs = READY_WITHIN_MS,
): Promise<T> {
  let ended: string | undefined;
  const exited = server.exited.then(({ code, signal }) => {
    ended = code === null ? `it was ended by ${signal}` : `it ended with code ${code}`;
  });
  let late = false;
  const deadline = delay(timeoutMs, undefined, { ref: false }).then(() => {
    late = true;
  });
  while (!late) {
    // A server that takes a question and never answers must not be waited for any longer than the others.
    const answer = await Promise.race([probe().catch(() => undefined), exited, deadline]);
    if (ended !== undefined) throw await startError(server, ended);
    if (answer !== undefined) return answer;
    await Promise.race([delay(PROBE_EVERY_MS), exited]);
  }
  await server.stop();
  throw await startError(server, `it was not ready within ${timeoutMs / 1000} s`);
}
