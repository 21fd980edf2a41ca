import { connect, type Database } from '../../postgres/database.ts';
import { type JobPeriod, listPeriods, requestOpen } from '../../postgres/job-ledger.ts';
import { JOBS } from './jobs.ts';

/** Every period of the ledger as a run that begins now would find it, also what time alone has made due. Changes nothing. */
export async function lookAtLedger(
  database: Database,
  timeZone: string,
  nowMs: number,
): Promise<JobPeriod[]> {
  const connection = await connect(database);
  try {
    await connection.query('BEGIN');
    for (const job of JOBS) await requestOpen(connection, job, timeZone, new Date(nowMs).toISOString());
    return await listPeriods(connection);
  } finally {
    await connection.query('ROLLBACK');
    connection.release();
  }
}
