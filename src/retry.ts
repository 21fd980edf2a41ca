import { setTimeout as delay } from 'node:timers/promises';
import { EvidaError } from './errors.ts';
import type { Log } from './log.ts';

const BACKOFF_MS = { first: 500, most: 30_000 };

/**
 * Repeats `work` while it fails with an error that may pass, with growing pauses, and says so.
 * @throws whatever `work` throws that a retry cannot mend; the signal's reason once it is aborted
 */
export async function retry<T>(
  what: string,
  work: () => Promise<T>,
  log: Log,
  signal: AbortSignal,
): Promise<T> {
  for (
    let waitMs = BACKOFF_MS.first, attempt = 1;
    ;
    waitMs = Math.min(2 * waitMs, BACKOFF_MS.most), attempt++
  ) {
    signal.throwIfAborted();
    try {
      const result = await work();
      if (attempt > 1) log.info({ attempt }, `${what}: done`);
      return result;
    } catch (error) {
      if (!(error instanceof EvidaError && error.retryable)) throw error;
      log.warn(
        { code: error.code, error: error.message, waitMs, ...(error.hint && { hint: error.hint }) },
        `${what}: waiting`,
      );
      await delay(waitMs, undefined, { signal });
    }
  }
}
