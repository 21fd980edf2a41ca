import { EvidaError } from '../errors.ts';
import type { FluxColumn, FluxTable, QueryTables } from '../influx/query-tables.ts';
import { type Field, type FieldType, type Frame, VALUE, type Value } from './frame.ts';

/**
 * What InfluxDB answers, as Grafana's data source has it: a frame for each table. A table with `_time` and `_value` is a
 * time series: its value goes by the name of its field, its tags become labels. Of others, each column is a field.
 * @throws EvidaError INFLUX_REFUSED, INFLUX_UNAVAILABLE; the signal's reason
 */
export async function askInflux(
  queryTables: QueryTables,
  flux: string,
  signal?: AbortSignal,
): Promise<Frame[]> {
  const tables = await queryTables(flux, signal);
  return tables.map(toFrame);
}

function toFrame(table: FluxTable): Frame {
  const columns = table.columns.filter(({ name }) => name !== 'result' && name !== 'table');
  const find = (name: string) => columns.find((column) => column.name === name);
  const time = find('_time');
  const value = find('_value');
  if (time !== undefined && value !== undefined) return timeSeries(columns, time, value);
  return { fields: columns.map((column) => toField(column)) };
}

function timeSeries(columns: readonly FluxColumn[], time: FluxColumn, value: FluxColumn): Frame {
  const first = (name: string) => columns.find((column) => column.name === name)?.values[0];
  const labels = columns
    .filter(({ name, isGrouped }) => isGrouped && !name.startsWith('_'))
    .map(({ name, values }) => [name, String(values[0] ?? '')]);
  const others = columns.filter(
    (column) =>
      !column.isGrouped &&
      column !== time &&
      column !== value &&
      !/^_(start|stop|field|measurement)$/.test(column.name),
  );
  const name = first('_measurement');
  return {
    ...(name != null && { name: String(name) }),
    fields: [
      { ...toField(time), name: 'Time' },
      { ...toField(value), name: String(first('_field') ?? VALUE), labels: Object.fromEntries(labels) },
      ...others.map(toField),
    ],
  };
}

function toField({ name, type, values }: FluxColumn): Field {
  const fieldType = typeOf(type);
  return { name, type: fieldType, values: values.map((value) => toValue(value, fieldType)) };
}

function typeOf(fluxType: string): FieldType {
  if (fluxType.startsWith('dateTime')) return 'time';
  if (fluxType === 'boolean') return 'boolean';
  return fluxType === 'double' || fluxType === 'long' || fluxType === 'unsignedLong' ? 'number' : 'string';
}

function toValue(value: unknown, type: FieldType): Value {
  if (value === null || value === undefined) return null;
  if (type === 'time') return Date.parse(String(value));
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  throw new EvidaError('INFLUX_ANSWER', {
    operation: 'reading a table of Flux',
    problem: `${typeof value} is no value`,
  });
}
