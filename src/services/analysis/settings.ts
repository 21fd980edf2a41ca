import { z } from 'zod';
import type { Connection } from '../../postgres/database.ts';

const Setting = z.object({ name: z.string(), value: z.string() });

/** What only views read: a table does not depend on it. */
const ONLY_FOR_VIEWS = new Set(['reconciliation_tolerance_kwh', 'reconciliation_tolerance_share']);

/**
 * Notes the numbers that the tables are computed with from now on. Where one has changed, every period of these jobs becomes
 * due from its first day on. Gives the names of those that have.
 */
export async function noteSettings(
  connection: Connection,
  settings: Readonly<Record<string, string>>,
  jobs: readonly string[],
): Promise<string[]> {
  const { rows } = await connection.query('SELECT name, value FROM analysis_setting');
  const noted = new Map(
    z
      .array(Setting)
      .parse(rows)
      .map(({ name, value }) => [name, value]),
  );
  const other = Object.entries(settings).filter(([name, value]) => noted.get(name) !== value);
  for (const [name, value] of other) {
    await connection.query(
      'INSERT INTO analysis_setting VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      [name, value],
    );
  }
  const changed = other.map(([name]) => name).filter((name) => !ONLY_FOR_VIEWS.has(name));
  if (changed.length > 0 && noted.size > 0) {
    await connection.query(
      `UPDATE job_run SET state = CASE state WHEN 'done' THEN 'due' ELSE state END, requested_at = clock_timestamp(),
                          due_from = from_day, due_to = to_day
        WHERE job = ANY ($1)`,
      [jobs],
    );
  }
  return changed;
}
