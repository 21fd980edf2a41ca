import { type FieldType, MEASUREMENTS, type Measurement } from '../../streams/point.ts';

type Value = number | string | boolean;

/** A point whose tags and fields are those of MEASUREMENTS, as `Point` is by its type and one read back by its parser. */
export interface AnyPoint {
  readonly measurement: Measurement;
  readonly tags: Readonly<Record<string, Value>>;
  readonly fields: Readonly<Record<string, Value | undefined>>;
  readonly timeMs: number;
}

/**
 * One line of InfluxDB's line protocol, without its line end; time in ms, so it is to be written with precision `ms`.
 * Fields keep the order and the types of MEASUREMENTS; undefined ones are absent.
 */
export function toLine({ measurement, tags, fields, timeMs }: AnyPoint): string {
  const schema = MEASUREMENTS[measurement];
  const tagPart = Object.entries(tags)
    .map(([tag, value]) => `,${tag}=${value}`)
    .join('');
  const values = new Map(Object.entries(fields));
  const fieldPart: string[] = [];
  for (const [field, type] of Object.entries(schema.fields)) {
    const value = values.get(field);
    if (value !== undefined) fieldPart.push(`${field}=${fieldValue(type, value)}`);
  }
  return `${measurement}${tagPart} ${fieldPart.join(',')} ${Math.round(timeMs)}`;
}

function fieldValue(type: FieldType, value: Value): string {
  switch (type) {
    case 'int':
      return `${value}i`;
    case 'string':
      return `"${String(value).replace(/[\\"]/g, '\\$&')}"`;
    default:
      return String(value);
  }
}
