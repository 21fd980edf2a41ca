import type { InfluxDB, QueryApi } from '@influxdata/influxdb-client';
import type { z } from 'zod';
import { asInfluxError } from './buckets.ts';

/** Runs Flux and gives its rows one by one, each parsed by `row`. */
export type QueryFlux = <T extends z.ZodType>(flux: string, row: T) => AsyncIterable<z.output<T>>;

export function createQueryFlux(influx: InfluxDB, org: string): QueryFlux {
  const queryApi = influx.getQueryApi(org);
  return (flux, row) => rows(queryApi, flux, row);
}

async function* rows<T extends z.ZodType>(
  queryApi: QueryApi,
  flux: string,
  row: T,
): AsyncGenerator<z.output<T>> {
  try {
    for await (const { values, tableMeta } of queryApi.iterateRows(flux))
      yield row.parse(tableMeta.toObject(values));
  } catch (error) {
    throw asInfluxError(error, 'running a Flux query');
  }
}

/** All rows of a small result at once. */
export async function collectRows<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}
