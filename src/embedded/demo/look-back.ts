import { BlobServiceClient } from '@azure/storage-blob';
import { InfluxDB } from '@influxdata/influxdb-client';
import pg from 'pg';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { defineFlux } from '../../influx/flux.ts';
import { collectRows, createQueryFlux, type QueryFlux } from '../../influx/query.ts';

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
const RowCount = z.object({ rows: z.number() });

/** What the servers hold of a demo. */
export interface Holdings {
  readonly photographs: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  readonly consumption: number;
  readonly tables: { readonly charging_event_day: number };
  readonly blobs: number;
}

/** Asks each server what it holds; of InfluxDB only what came since `fromMs`, ms UTC. */
export async function lookBack(config: Config, fromMs: number): Promise<Holdings> {
  const queryFlux = openQuery(config);
  const [reasons, consumption, chargingEventDay, blobs] = await Promise.all([
    collectRows(
      queryFlux(photographsByReason({ bucket: config.INFLUX_HISTORY_BUCKET, from: fromMs }), ReasonCount),
    ),
    countConsumption(queryFlux, config, fromMs),
    countChargingEventDays(config.DATABASE_URL),
    countBlobs(config),
  ]);
  const byReason = Object.fromEntries(reasons.map(({ reason, count }) => [reason, count]));
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  return {
    photographs: { total, byReason },
    consumption,
    tables: { charging_event_day: chargingEventDay },
    blobs,
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

async function countChargingEventDays(databaseUrl: string): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query('SELECT count(*)::integer AS rows FROM charging_event_day');
    return RowCount.parse(rows[0]).rows;
  } finally {
    await client.end();
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
