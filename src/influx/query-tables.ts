import type { InfluxDB } from '@influxdata/influxdb-client';
import { EvidaError } from '../errors.ts';
import { rows } from './query.ts';

/** A column of an answer, with its values: numbers, texts, booleans and null; times are text. */
export interface FluxColumn {
  readonly name: string;
  /** As Flux calls it: `double`, `dateTime:RFC3339`. */
  readonly type: string;
  /** Whether all rows of the table have the same value, since the table is one of a group. */
  readonly isGrouped: boolean;
  readonly values: readonly unknown[];
}

export interface FluxTable {
  readonly columns: readonly FluxColumn[];
}

/**
 * Runs Flux that is not known beforehand, and gives its tables with their columns.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED; the signal's reason
 */
export type QueryTables = (flux: string, signal?: AbortSignal) => Promise<FluxTable[]>;

export function createQueryTables(influx: InfluxDB, org: string): QueryTables {
  return async (flux, signal) => {
    const tables: { key: unknown; number: string; columns: (FluxColumn & { values: unknown[] })[] }[] = [];
    for await (const { values, tableMeta } of rows(influx, org, flux, signal)) {
      const read = tableMeta.columns.map((column): unknown => column.get(values));
      refuseError(
        tableMeta.columns.map(({ label }) => label),
        read,
      );
      const number = `${tableMeta.get(values, 'result')} ${tableMeta.get(values, 'table')}`;
      let table = tables.at(-1);
      if (table === undefined || table.key !== tableMeta || table.number !== number) {
        const columns = tableMeta.columns.map(({ label, dataType, group }) => ({
          name: label,
          type: dataType,
          isGrouped: group,
          values: [],
        }));
        table = { key: tableMeta, number, columns };
        tables.push(table);
      }
      for (const [index, column] of table.columns.entries()) column.values.push(read[index]);
    }
    return tables;
  };
}

/** What fails after the answer has begun comes as a table of its own. */
function refuseError(names: readonly string[], values: readonly unknown[]): void {
  const [error, reference] = [names.indexOf('error'), names.indexOf('reference')];
  if (error < 0 || reference < 0 || names.includes('table')) return;
  throw new EvidaError('INFLUX_REFUSED', {
    operation: 'running a Flux query',
    problem: String(values[error]),
  });
}
