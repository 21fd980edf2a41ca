import { BlobServiceClient } from '@azure/storage-blob';
import { InfluxDB } from '@influxdata/influxdb-client';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { defineFlux } from '../../influx/flux.ts';
import { collectRows, createQueryFlux, type QueryFlux } from '../../influx/query.ts';
import { createLog } from '../../log.ts';
import { openAnalysis } from '../../services/open-analysis.ts';

const photographsByReason = defineFlux('queries/photographs-by-reason.flux', {
  bucket: 'string',
  from: 'time',
});
const countPoints = defineFlux('queries/count-points.flux', {
  bucket: 'string',
  from: 'time',
  measurement: 'string',
  field: 'string',
});
const lastEnergy = defineFlux('queries/last-energy.flux', {
  bucket: 'string',
  from: 'time',
  measurement: 'string',
});

const ReasonCount = z.object({ reason: z.string(), count: z.number() });
const Count = z.object({ _value: z.number() });
const Energy = z.object({ box: z.coerce.number(), outlet: z.coerce.number(), _value: z.number() });
const Verdicts = z.array(z.object({ verdict: z.string(), events: z.number() }));

/** What the analysis has made of it. */
interface AnalysisHoldings {
  /** Rows of each table. */
  readonly tables: Readonly<Record<string, number>>;
  /** The same wherever a table has the same rows. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Charging events by how what was metered for them compares with what was billed. */
  readonly reconciliation: Readonly<Record<string, number>>;
}

/** What the servers hold of a demo. */
export interface Holdings extends AnalysisHoldings {
  readonly photographs: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  readonly consumption: number;
  readonly blobs: number;
}

/** Asks each server what it holds; of InfluxDB only what came since `fromMs`, ms UTC. */
export async function lookBack(config: Config, fromMs: number): Promise<Holdings> {
  const queryFlux = openQuery(config);
  const [reasons, consumption, blobs, analysis] = await Promise.all([
    collectRows(
      queryFlux(photographsByReason({ bucket: config.INFLUX_HISTORY_BUCKET, from: fromMs }), ReasonCount),
    ),
    countConsumption(queryFlux, config, fromMs),
    countBlobs(config),
    lookAtAnalysis(config),
  ]);
  const byReason = Object.fromEntries(reasons.map(({ reason, count }) => [reason, count]));
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  return {
    photographs: { total, byReason },
    consumption,
    blobs,
    ...analysis,
  };
}

/** The energy registers as InfluxDB last saw them since `fromMs`, J, by `box:outlet`. */
export async function lastEnergies(config: Config, fromMs: number): Promise<ReadonlyMap<string, number>> {
  const queryFlux = openQuery(config);
  const energies = new Map<string, number>();
  for (const [bucket, measurement] of [
    [config.INFLUX_HISTORY_BUCKET, 'photograph'],
    [config.INFLUX_TELEMETRY_BUCKET, 'consumption'],
  ] as const) {
    for await (const { box, outlet, _value } of queryFlux(
      lastEnergy({ bucket, from: fromMs, measurement }),
      Energy,
    )) {
      const key = `${box}:${outlet}`;
      energies.set(key, Math.max(energies.get(key) ?? 0, Math.ceil(_value * 3.6e6)));
    }
  }
  return energies;
}

function openQuery({ INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG }: Config): QueryFlux {
  return createQueryFlux(new InfluxDB({ url, token }), INFLUX_ORG);
}

async function countConsumption(queryFlux: QueryFlux, config: Config, fromMs: number): Promise<number> {
  const flux = countPoints({
    bucket: config.INFLUX_TELEMETRY_BUCKET,
    from: fromMs,
    measurement: 'consumption',
    field: 'energy_kwh',
  });
  return (await collectRows(queryFlux(flux, Count)))[0]?._value ?? 0;
}

async function lookAtAnalysis(config: Config): Promise<AnalysisHoldings> {
  const analysis = openAnalysis(config, createLog(config));
  try {
    const tables = Object.entries(await analysis.checksums());
    const { rows } = await analysis.database.query(
      'SELECT verdict, count(*)::integer AS events FROM reconciliation GROUP BY verdict ORDER BY verdict',
    );
    return {
      tables: Object.fromEntries(tables.map(([table, { rows }]) => [table, rows])),
      checksums: Object.fromEntries(tables.map(([table, { checksum }]) => [table, checksum])),
      reconciliation: Object.fromEntries(
        Verdicts.parse(rows).map(({ verdict, events }) => [verdict, events]),
      ),
    };
  } finally {
    await analysis.close();
  }
}

async function countBlobs(config: Config): Promise<number> {
  const service = BlobServiceClient.fromConnectionString(config.AZURE_STORAGE_CONNECTION_STRING);
  const container = service.getContainerClient(config.BACKUP_CONTAINER);
  if (!(await container.exists())) return 0;
  let blobs = 0;
  for await (const _ of container.listBlobsFlat()) blobs++;
  return blobs;
}
