import {
  chunksToLinesIterable,
  createTextDecoderCombiner,
  type InfluxDB,
  linesToRowsIterable,
  type Row,
} from '@influxdata/influxdb-client';
import { z } from 'zod';
import { EvidaError } from '../errors.ts';
import { asInfluxError } from './influx-error.ts';

/**
 * Runs Flux and gives its rows one by one, each parsed by `row`. The query is given up when the signal is aborted.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED, INFLUX_ANSWER
 */
export type QueryFlux = <T extends z.ZodType>(
  flux: string,
  row: T,
  signal?: AbortSignal,
) => AsyncIterable<z.output<T>>;

export function createQueryFlux(influx: InfluxDB, org: string): QueryFlux {
  return async function* parsedRows(flux, row, signal) {
    for await (const { values, tableMeta } of rows(influx, org, flux, signal))
      yield parse(row, tableMeta.toObject(values));
  };
}

/**
 * The rows of a Flux query as they come, each with the columns of its table. The client's own QueryApi cannot be given up;
 * its transport can.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED; the signal's reason
 */
export async function* rows(
  influx: InfluxDB,
  org: string,
  flux: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  // The transport leaves its listener behind: on a signal of this query's own, which goes with it.
  const own = signal && AbortSignal.any([signal]);
  try {
    const dialect = { header: true, delimiter: ',', annotations: ['datatype', 'group', 'default'] };
    const chunks = influx.transport.iterate(
      `/api/v2/query?org=${encodeURIComponent(org)}`,
      JSON.stringify({ query: flux, type: 'flux', dialect }),
      { method: 'POST', headers: { 'content-type': 'application/json' }, ...(own && { signal: own }) },
    );
    yield* linesToRowsIterable(chunksToLinesIterable(chunks, createTextDecoderCombiner()));
    // An answer that was cut off by the signal ends as if it were whole.
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    throw asInfluxError(error, 'running a Flux query');
  }
}

function parse<T extends z.ZodType>(row: T, values: unknown): z.output<T> {
  const parsed = row.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new EvidaError('INFLUX_ANSWER', {
    operation: 'reading a row of a Flux query',
    problem: z.prettifyError(parsed.error),
    hint: 'The query and what it is read as do not match; this is a defect of Evida.',
  });
}

/** All rows of a small result at once. */
export async function collectRows<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}
