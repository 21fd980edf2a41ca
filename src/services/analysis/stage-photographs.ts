import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defineFlux } from '../../influx/flux.ts';
import type { Connection } from '../../postgres/database.ts';
import { projectFile } from '../../project-file.ts';
import type { AnalysisContext } from './context.ts';
import { type CopyValue, copyRows } from './copy-rows.ts';

const PARAMETERS = { bucket: 'string', from: 'time', to: 'time' } as const;
const photographs = defineFlux('queries/photographs.flux', PARAMETERS);
const photographsOfOutlet = defineFlux('queries/photographs-of-outlet.flux', {
  ...PARAMETERS,
  box: 'string',
  outlet: 'string',
});
const lastRegister = defineFlux('queries/last-register.flux', {
  bucket: 'string',
  to: 'time',
  box: 'string',
  outlet: 'string',
});

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
const TABLES = readFileSync(projectFile('sql', 'analysis', 'staged-photographs.sql'), 'utf8');
const COLUMNS = 'box, outlet, at, status, power_w, power_factor, energy_kwh, backlog';
/** What was before that matters only by the last known values; sql/analysis/outlet-known.sql knows of it, too. */
const LOOK_BACK_MS = 3_600_000;

/** When the photographs of a run begin and end, ms UTC. */
export interface StagedSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** How far back a session may have been left that goes on. */
  readonly mergeGapMs: number;
}

/** An outlet with a session that goes on from before the span: its photographs are read from the start of that on. */
export interface ReopenedOutlet {
  readonly box: number;
  readonly outlet: number;
  readonly startMs: number;
}

/** Makes the temporary tables that the photographs of a run are laid into. */
export async function createStage(connection: Connection): Promise<void> {
  await connection.query(TABLES);
}

/**
 * Lays the photographs of a span, with those shortly before, into the temporary table `photograph`, and those of
 * reopened sessions. Gives their number.
 */
export async function stagePhotographs(
  connection: Connection,
  { fromMs, toMs, mergeGapMs }: StagedSpan,
  reopened: readonly ReopenedOutlet[],
  { queryFlux, historyBucket: bucket, signal }: AnalysisContext,
): Promise<number> {
  const lookBackMs = mergeGapMs + LOOK_BACK_MS;
  const since = fromMs - lookBackMs;
  async function* rows(): AsyncGenerator<CopyValue[]> {
    yield* valuesOf(queryFlux(photographs({ bucket, from: since, to: toMs }), Photograph, signal));
    for (const { box, outlet, startMs } of reopened) {
      const from = startMs - lookBackMs;
      if (from >= since) continue;
      const of = { bucket, box: String(box), outlet: String(outlet) };
      yield* valuesOf(queryFlux(lastRegister({ ...of, to: from }), Photograph, signal));
      yield* valuesOf(queryFlux(photographsOfOutlet({ ...of, from, to: since }), Photograph, signal));
    }
  }
  return await copyRows(connection, `photograph (${COLUMNS})`, rows());
}

async function* valuesOf(rows: AsyncIterable<z.output<typeof Photograph>>): AsyncGenerator<CopyValue[]> {
  for await (const { box, outlet, _time, status, power_w, power_factor, energy_kwh, backlog } of rows)
    yield [box, outlet, _time, status, power_w, power_factor, energy_kwh, backlog];
}
