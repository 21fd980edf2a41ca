import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defineFlux } from '../../influx/flux.ts';
import type { Connection } from '../../postgres/database.ts';
import { projectFile } from '../../project-file.ts';
import type { AnalysisContext } from './context.ts';
import { type CopyValue, copyRows } from './copy-rows.ts';

const PARAMETERS = { bucket: 'string', from: 'time', to: 'time' } as const;
const photographs = defineFlux('queries/photographs.flux', PARAMETERS);
const lastStates = defineFlux('queries/last-states.flux', { bucket: 'string', to: 'time' });

const Photograph = z.object({
  _time: z.string(),
  box: z.string(),
  outlet: z.string(),
  status: z.number().nullish(),
  power_w: z.number().nullish(),
  power_factor: z.number().nullish(),
  energy_kwh: z.number().nullish(),
  backlog: z.boolean().nullish(),
});
const State = z.object({
  _time: z.string(),
  _field: z.enum(['status', 'energy_kwh']),
  _value: z.number(),
  box: z.string(),
  outlet: z.string(),
});

const TABLES = readFileSync(projectFile('sql', 'analysis', 'staged-photographs.sql'), 'utf8');
const COLUMNS = 'box, outlet, at, status, power_w, power_factor, energy_kwh, backlog';
/** Before it, only the last known values matter: nothing else holds for so long. */
const LOOK_BACK_MS = 3_600_000;

/**
 * Lays the photographs of [fromMs, toMs) into the temporary table `photograph`, and before them what was known of each outlet
 * then. Gives the number of photographs.
 * @param mergeGapMs how far back a session may have been left that goes on
 */
export async function stagePhotographs(
  connection: Connection,
  { fromMs, toMs, mergeGapMs }: { fromMs: number; toMs: number; mergeGapMs: number },
  context: AnalysisContext,
): Promise<number> {
  const { queryFlux, historyBucket: bucket, signal } = context;
  const sinceMs = fromMs - mergeGapMs - LOOK_BACK_MS;
  async function* states(): AsyncGenerator<CopyValue[]> {
    for await (const row of queryFlux(lastStates({ bucket, to: sinceMs }), State, signal)) {
      const isStatus = row._field === 'status';
      yield [row.box, row.outlet, row._time, isStatus ? row._value : null, isStatus ? null : row._value];
    }
  }
  async function* rows(): AsyncGenerator<CopyValue[]> {
    const flux = photographs({ bucket, from: sinceMs, to: toMs });
    for await (const row of queryFlux(flux, Photograph, signal)) {
      const { box, outlet, _time, status, power_w, power_factor, energy_kwh, backlog } = row;
      yield [box, outlet, _time, status, power_w, power_factor, energy_kwh, backlog];
    }
  }
  await connection.query(TABLES);
  await copyRows(connection, 'photograph (box, outlet, at, status, energy_kwh)', states());
  const count = await copyRows(connection, `photograph (${COLUMNS})`, rows());
  await connection.query('ANALYZE photograph');
  return count;
}
