import { z } from 'zod';
import { defineFlux } from '../../influx/flux.ts';
import { collectRows, type QueryFlux } from '../../influx/query.ts';
import type { Connection } from '../../postgres/database.ts';
import type { Period } from './period.ts';

const energyDrawnByDay = defineFlux(
  'queries/energy-drawn-by-day.flux',
  { bucket: 'string', from: 'time', to: 'time', timeZone: 'string' },
  ['energy-increases'],
);

const Row = z.object({ box: z.coerce.number().int(), _time: z.string(), _value: z.number() });

/** Lays the energy that each box drew on each day of the period into DRAWN_ENERGY_DAY, in place of what was there. */
export async function stageEnergyDrawn(
  queryFlux: QueryFlux,
  bucket: string,
  period: Period,
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  const { fromMs, toMs, timeZone } = period;
  const rows = await collectRows(
    queryFlux(energyDrawnByDay({ bucket, from: fromMs, to: toMs, timeZone }), Row, signal),
  );
  await connection.query('DELETE FROM drawn_energy_day WHERE day >= $1 AND day < $2', [
    period.fromDay,
    period.toDay,
  ]);
  await connection.query(
    `INSERT INTO drawn_energy_day (box, day, drawn_kwh)
     SELECT box, (start AT TIME ZONE $1)::date, drawn_kwh
       FROM unnest($2::integer[], $3::timestamptz[], $4::double precision[]) AS row (box, start, drawn_kwh)`,
    [timeZone, rows.map(({ box }) => box), rows.map(({ _time }) => _time), rows.map(({ _value }) => _value)],
  );
}
