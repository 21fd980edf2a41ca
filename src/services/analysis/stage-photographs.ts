import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defineFlux } from '../../influx/flux.ts';
import type { Connection } from '../../postgres/database.ts';
import { projectFile } from '../../project-file.ts';
import type { AnalysisContext } from './context.ts';
import { type CopyValue, copyRows } from './copy-rows.ts';

const PARAMETERS = { bucket: 'string', from: 'time', to: 'time' } as const;
const photographs = defineFlux('queries/photographs.flux', PARAMETERS);
const lastStates = defineFlux('queries/last-states.flux', PARAMETERS);

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
/** What was before that matters only by the last known values; sql/analysis/outlet-month-end.sql knows of it, too. */
const LOOK_BACK_MS = 3_600_000;

/** When a run begins and ends, ms UTC. */
export interface StagedSpan {
  /** When the month of its first day begins. */
  readonly monthMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** How far back a session may have been left that goes on. */
  readonly mergeGapMs: number;
}

/**
 * Lays the photographs of [fromMs, toMs) into the temporary table `photograph`, with those shortly before, and what had been
 * told of each outlet since the month began. Gives their number.
 */
export async function stagePhotographs(
  connection: Connection,
  { monthMs, fromMs, toMs, mergeGapMs }: StagedSpan,
  context: AnalysisContext,
): Promise<number> {
  const { queryFlux, historyBucket: bucket, signal } = context;
  const lookBackMs = mergeGapMs + LOOK_BACK_MS;
  const sinceMs = fromMs - lookBackMs;
  async function* states(): AsyncGenerator<CopyValue[]> {
    const flux = lastStates({ bucket, from: monthMs - lookBackMs, to: sinceMs });
    for await (const row of queryFlux(flux, State, signal)) {
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
  if (fromMs > monthMs)
    await copyRows(connection, 'photograph (box, outlet, at, status, energy_kwh)', states());
  return await copyRows(connection, `photograph (${COLUMNS})`, rows());
}
