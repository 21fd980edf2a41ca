import { z } from 'zod';
import { EvidaError, messageOf } from '../../errors.ts';
import { type Database, inTransaction } from '../../postgres/database.ts';
import { lockUntilEnd, requestOnce, runPeriod } from '../../postgres/job-ledger.ts';

/** What is done by the ledger; all of it shares a lock, since none may run beside another. */
export type BackupJob = 'backup' | 'rehearsal';

const LOCK = 'backup';
const DAY_MS = 86_400_000;

const Kept = z.object({ any: z.boolean(), done: z.boolean() });

/** The moment at which a schedule rang last, as the ledger names it: 2026-10-01T17:00Z. */
function periodOf(rangMs: number): string {
  return `${new Date(rangMs).toISOString().slice(0, 16)}Z`;
}

/**
 * Whether what a schedule last rang for is to be done: it has not been, whoever slept through it or failed. Where the ledger
 * knows no run at all, nothing was missed before `sinceMs`.
 * @throws whatever Postgres says
 */
export async function isDue(
  database: Database,
  job: BackupJob,
  rangMs: number,
  sinceMs: number,
): Promise<boolean> {
  const { rows } = await database.query(
    `SELECT count(*) > 0 AS any, coalesce(bool_or(state = 'done' AND period >= $2), false) AS done FROM job_run WHERE job = $1`,
    [job, periodOf(rangMs)],
  );
  const { any, done } = Kept.parse(rows[0]);
  return !done && (any || rangMs >= sinceMs);
}

/**
 * Does a job for what its schedule last rang for, with its begin and its end in the ledger. Whoever comes second waits, and
 * finds it done: then it is undefined.
 * @param work gives what it did, and how many rows or blobs the ledger is to name
 * @throws whatever `work` throws; EvidaError POSTGRES_UNAVAILABLE; the signal's reason
 */
export async function doByLedger<T>(
  database: Database,
  job: BackupJob,
  rangMs: number,
  signal: AbortSignal,
  work: () => Promise<{ readonly result: T; readonly count: number }>,
): Promise<T | undefined> {
  const period = periodOf(rangMs);
  const fromDay = period.slice(0, 10);
  const toDay = new Date(Date.parse(fromDay) + DAY_MS).toISOString().slice(0, 10);
  await inTransaction(
    database,
    (connection) => requestOnce(connection, job, period, { fromDay, toDay }),
    signal,
  );
  let result: T | undefined;
  const outcome = await runPeriod(database, {
    job,
    period,
    lock: LOCK,
    signal,
    work: async (connection) => {
      const done = await work();
      result = done.result;
      // What failed or was missed before is made up by this.
      await connection.query(
        `UPDATE job_run SET state = 'done', due_from = NULL, due_to = NULL, error = NULL
          WHERE job = $1 AND period < $2 AND state <> 'done'`,
        [job, period],
      );
      return { rows: done.count, inputWatermark: new Date(rangMs).toISOString() };
    },
  });
  if (outcome.kind !== 'failed') return result;
  if (outcome.error instanceof EvidaError) throw outcome.error;
  throw new Error(messageOf(outcome.error), { cause: outcome.error });
}

/** Does something that must not run beside a backup, and that the ledger does not remember. */
export async function besideNone<T>(
  database: Database,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  return await inTransaction(
    database,
    async (connection) => {
      await lockUntilEnd(connection, LOCK);
      return await work();
    },
    signal,
  );
}
