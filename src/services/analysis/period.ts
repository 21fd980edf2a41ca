import { z } from 'zod';
import type { Connection } from '../../postgres/database.ts';

/** Business days [fromDay, toDay) of a time zone, and the instants at which they start. */
export interface Period {
  readonly fromDay: string;
  readonly toDay: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly timeZone: string;
}

const Row = z.object({ fromDay: z.string(), toDay: z.string(), fromMs: z.number(), toMs: z.number() });

/** From the day of the first transaction to the end of the business day of `nowMs`. */
export async function wholePeriod(connection: Connection, timeZone: string, nowMs: number): Promise<Period> {
  const { rows } = await connection.query(
    `WITH now AS (SELECT to_timestamp($2::double precision / 1000) AS at),
          days AS (
            SELECT (least((SELECT min(start_time) FROM eboost_transaction), at) AT TIME ZONE $1)::date AS first,
                   (at AT TIME ZONE $1)::date + 1 AS next
              FROM now)
     SELECT first::text AS "fromDay", next::text AS "toDay",
            (extract(epoch FROM first::timestamp AT TIME ZONE $1) * 1000)::double precision AS "fromMs",
            (extract(epoch FROM next::timestamp AT TIME ZONE $1) * 1000)::double precision AS "toMs"
       FROM days`,
    [timeZone, nowMs],
  );
  return { ...Row.parse(rows[0]), timeZone };
}
