import { z } from 'zod';
import type { Database } from '../../postgres/database.ts';

const Problem = z.object({
  transactionId: z.string(),
  problem: z.string(),
  day: z.string(),
  box: z.number().nullable(),
  outlet: z.number().nullable(),
  customer: z.string().nullable(),
  kwh: z.string(),
  revenue: z.string(),
});

/** A transaction that would be a charging event but for bad data; kWh and VND as Eboost writes them. */
export type TransactionProblem = z.output<typeof Problem>;

/** All of them, the latest first. */
export async function listProblems(database: Database): Promise<TransactionProblem[]> {
  const { rows } = await database.query(
    `SELECT transaction_id::text AS "transactionId", problem, day::text, box, outlet, customer::text, kwh::text, revenue::text
       FROM analysis_problem ORDER BY day DESC, transaction_id DESC`,
  );
  return z.array(Problem).parse(rows);
}
