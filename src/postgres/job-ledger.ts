import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { type Connection, type Database, withConnection } from './database.ts';

/** The first of the two numbers of each advisory lock on a period; the second is the hash of its name. */
const PERIOD_LOCKS = 73_054_220;
/** Held while several rows of the ledger change, so that no two transactions wait for each other. */
const LEDGER_LOCK = 7_305_422_003;

/** What a job is computed by: calendar months, or ISO weeks. */
export type PeriodUnit = 'month' | 'week';

/** Business days [fromDay, toDay), as 2026-10-02. */
export interface DaySpan {
  readonly fromDay: string;
  readonly toDay: string;
}

const Period = z.object({
  job: z.string(),
  period: z.string(),
  fromDay: z.string(),
  toDay: z.string(),
  state: z.enum(['due', 'running', 'done', 'failed']),
  /** Whether a process does it now: `running` without that was interrupted. */
  isHeld: z.boolean(),
  dueFrom: z.string().nullable(),
  dueTo: z.string().nullable(),
  attempts: z.number(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  rows: z.number().nullable(),
  inputWatermark: z.string().nullable(),
  error: z.string().nullable(),
});

/** A row of the ledger; times as ISO text. */
export type JobPeriod = z.output<typeof Period>;

const Begun = z.object({
  fromDay: z.string(),
  toDay: z.string(),
  dueFrom: z.string(),
  dueTo: z.string(),
  requestedAt: z.string(),
  inputWatermark: z.string().nullable(),
});

/** A period that was begun: its days, those of them that are to be done, and what its last run had seen. */
export interface BegunPeriod extends DaySpan {
  readonly due: DaySpan;
  readonly inputWatermark: string | null;
}

const LIST = `
  SELECT job, period, from_day::text AS "fromDay", to_day::text AS "toDay", state,
         EXISTS (SELECT FROM pg_locks
                  WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND classid = ${PERIOD_LOCKS} AND objid::bigint = hashtext(job || ' ' || period)::bigint & 4294967295
                    AND objsubid = 2) AS "isHeld",
         due_from::text AS "dueFrom", due_to::text AS "dueTo", attempts,
         to_json(started_at) #>> '{}' AS "startedAt", to_json(finished_at) #>> '{}' AS "finishedAt",
         rows::double precision AS rows, to_json(input_watermark) #>> '{}' AS "inputWatermark", error
    FROM job_run`;

/** The whole ledger, or the periods of a job that are not done, in their order. */
export async function listPeriods(database: Database | Connection, dueOfJob?: string): Promise<JobPeriod[]> {
  const { rows } =
    dueOfJob === undefined
      ? await database.query(`${LIST} ORDER BY job, from_day`)
      : await database.query(`${LIST} WHERE job = $1 AND state <> 'done' ORDER BY from_day`, [dueOfJob]);
  return z.array(Period).parse(rows);
}

/** Makes the periods of a job that these business days lie in due, as far as they do. */
export async function requestDays(
  connection: Connection,
  job: { readonly name: string; readonly unit: PeriodUnit },
  days: Iterable<string>,
): Promise<void> {
  const all = [...days];
  if (all.length === 0) return;
  await lockLedger(connection);
  await connection.query(
    `INSERT INTO job_run AS kept (job, period, from_day, to_day, state, requested_at, due_from, due_to)
     SELECT $1, period, first_day, next_day, 'due', clock_timestamp(), min(day), max(day) + 1
       FROM unnest($3::date[]) AS day CROSS JOIN LATERAL periods_between($2, day, day + 1)
      GROUP BY period, first_day, next_day
     ${ON_CONFLICT}`,
    [job.name, job.unit, all],
  );
}

/** The same for all days of a span. */
export async function requestSpan(
  connection: Connection,
  job: { readonly name: string; readonly unit: PeriodUnit },
  { fromDay, toDay }: DaySpan,
): Promise<void> {
  await lockLedger(connection);
  await connection.query(
    `INSERT INTO job_run AS kept (job, period, from_day, to_day, state, requested_at, due_from, due_to)
     SELECT $1, period, first_day, next_day, 'due', clock_timestamp(), greatest(first_day, $3::date), least(next_day, $4::date)
       FROM periods_between($2, $3::date, $4::date)
     ${ON_CONFLICT}`,
    [job.name, job.unit, fromDay, toDay],
  );
}

/** Makes a job that is not done by months or weeks due. */
export async function requestOnce(
  connection: Connection,
  job: string,
  period: string,
  { fromDay, toDay }: DaySpan,
): Promise<void> {
  await lockLedger(connection);
  await connection.query(
    `INSERT INTO job_run AS kept (job, period, from_day, to_day, state, requested_at, due_from, due_to)
     VALUES ($1, $2, $3, $4, 'due', clock_timestamp(), $3, $4)
     ${ON_CONFLICT}`,
    [job, period, fromDay, toDay],
  );
}

/** What is running goes on, and is due again after it; what has failed stays so until it is tried again. */
const ON_CONFLICT = `
         ON CONFLICT (job, period) DO UPDATE
        SET state = CASE kept.state WHEN 'done' THEN 'due' ELSE kept.state END,
            requested_at = excluded.requested_at,
            due_from = least(kept.due_from, excluded.due_from),
            due_to = greatest(kept.due_to, excluded.due_to)`;

/**
 * Makes due what time alone has changed: each period that was not over at its last run, and each that has begun since the
 * first one of the job and has had none. A run that claims to be of the future is not believed: the clock was wrong then, or is
 * now, and all that is later than now is done again.
 * @param now ISO text
 */
export async function requestOpen(
  connection: Connection,
  job: { readonly name: string; readonly unit: PeriodUnit },
  timeZone: string,
  now: string,
): Promise<void> {
  await lockLedger(connection);
  await connection.query(
    `WITH today AS (SELECT ($3::timestamptz AT TIME ZONE $4)::date AS day
     ), first AS (SELECT min(from_day) AS day FROM job_run WHERE job = $1 AND from_day >= '2000-01-01'
     ), wanted AS (
       SELECT period, from_day, to_day, greatest(from_day, least((input_watermark AT TIME ZONE $4)::date, today.day)) AS due_from,
              input_watermark > $3::timestamptz AS was_ahead
         FROM job_run, today
        WHERE job = $1 AND state = 'done'
          AND (input_watermark < to_day::timestamp AT TIME ZONE $4 AND from_day <= today.day OR input_watermark > $3::timestamptz)
        UNION ALL
       SELECT period, first_day, next_day, first_day, false
         FROM first, today CROSS JOIN LATERAL periods_between($2, first.day, today.day + 1)
        WHERE NOT EXISTS (SELECT FROM job_run WHERE job = $1 AND job_run.period = periods_between.period)
     )
     INSERT INTO job_run AS kept (job, period, from_day, to_day, state, requested_at, due_from, due_to)
     SELECT $1, period, from_day, to_day, 'due', clock_timestamp(), least(due_from, to_day - 1),
            CASE WHEN was_ahead THEN to_day ELSE greatest(least(to_day, today.day + 1), least(due_from, to_day - 1) + 1) END
       FROM wanted, today
     ${ON_CONFLICT}`,
    [job.name, job.unit, now, timeZone],
  );
}

async function lockLedger(connection: Connection): Promise<void> {
  await connection.query('SELECT pg_advisory_xact_lock($1)', [LEDGER_LOCK]);
}

/** Waits until nothing runs that shares a lock (`PeriodWork.lock`), and holds it until the transaction ends. */
export async function lockUntilEnd(connection: Connection, lock: string): Promise<void> {
  await connection.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [PERIOD_LOCKS, lock]);
}

export interface PeriodWork {
  readonly job: string;
  readonly period: string;
  /** Several jobs and periods that share a lock are never done at the same time. */
  readonly lock?: string;
  readonly signal: AbortSignal;
  /** All of it happens, or nothing. */
  readonly work: (
    connection: Connection,
    begun: BegunPeriod,
  ) => Promise<{ readonly rows: number; readonly inputWatermark: string }>;
}

export type PeriodOutcome =
  | { readonly kind: 'done'; readonly rows: number }
  | { readonly kind: 'not due' }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Does a period that is due: under its lock, in one transaction, with its begin and its end in the ledger. Whoever comes
 * second waits, and finds it done.
 * @throws EvidaError POSTGRES_UNAVAILABLE; the signal's reason
 */
export function runPeriod(database: Database, periodWork: PeriodWork): Promise<PeriodOutcome> {
  const { job, period, lock, signal, work } = periodWork;
  const underLock = async (connection: Connection): Promise<PeriodOutcome> => {
    if (lock !== undefined)
      await connection.query('SELECT pg_advisory_lock($1, hashtext($2))', [PERIOD_LOCKS, lock]);
    await connection.query('SELECT pg_advisory_lock($1, hashtext($2))', [PERIOD_LOCKS, `${job} ${period}`]);
    const outcome = await runLocked(connection, job, period, work);
    signal.throwIfAborted();
    await connection.query('SELECT pg_advisory_unlock_all()');
    return outcome;
  };
  return withConnection(database, underLock, signal);
}

/**
 * Jobs sort and hash months of rows; compiling their plans takes longer than it saves; what they look up was mostly read just
 * before.
 */
const FOR_WHOLE_TABLES = `SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1`;

async function runLocked(
  connection: Connection,
  job: string,
  period: string,
  work: PeriodWork['work'],
): Promise<PeriodOutcome> {
  const { rows } = await connection.query(
    `UPDATE job_run SET state = 'running', attempts = attempts + 1, started_at = clock_timestamp(), error = NULL
      WHERE job = $1 AND period = $2 AND state <> 'done'
  RETURNING from_day::text AS "fromDay", to_day::text AS "toDay", due_from::text AS "dueFrom", due_to::text AS "dueTo",
            requested_at::text AS "requestedAt", to_json(input_watermark) #>> '{}' AS "inputWatermark"`,
    [job, period],
  );
  if (rows.length === 0) return { kind: 'not due' };
  const { requestedAt, dueFrom, dueTo, ...begun } = Begun.parse(rows[0]);
  try {
    await connection.query('BEGIN');
    await connection.query(FOR_WHOLE_TABLES);
    const done = await work(connection, { ...begun, due: { fromDay: dueFrom, toDay: dueTo } });
    await lockLedger(connection);
    await connection.query(
      `UPDATE job_run
          SET state = CASE WHEN requested_at = $3::timestamptz THEN 'done' ELSE 'due' END,
              due_from = CASE WHEN requested_at = $3::timestamptz THEN NULL ELSE due_from END,
              due_to = CASE WHEN requested_at = $3::timestamptz THEN NULL ELSE due_to END,
              attempts = 0, finished_at = clock_timestamp(), rows = $4, input_watermark = $5, error = NULL
        WHERE job = $1 AND period = $2`,
      [job, period, requestedAt, done.rows, done.inputWatermark],
    );
    await connection.query('COMMIT');
    return { kind: 'done', rows: done.rows };
  } catch (error) {
    await connection.query('ROLLBACK');
    await connection.query(
      `UPDATE job_run SET state = 'failed', finished_at = clock_timestamp(), error = $3 WHERE job = $1 AND period = $2`,
      [job, period, messageOf(error)],
    );
    return { kind: 'failed', error };
  }
}
