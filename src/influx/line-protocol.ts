import { type FieldType, MEASUREMENTS, type Measurement } from '../../streams/point.ts';

type Value = number | string | boolean;

/** A point whose tags and fields are those of MEASUREMENTS, as `Point` is by its type and one read back by its parser. */
export interface AnyPoint {
  readonly measurement: Measurement;
  readonly tags: Readonly<Record<string, Value>>;
  readonly fields: Readonly<Record<string, Value | undefined>>;
  readonly timeMs: number;
}

/** What is the same in every line of a measurement, put together once: a line is made for each point. */
interface Form {
  readonly tags: readonly { readonly name: string; readonly key: string }[];
  readonly fields: readonly { readonly name: string; readonly key: string; readonly type: FieldType }[];
}

const FORMS: ReadonlyMap<string, Form> = new Map(
  Object.entries(MEASUREMENTS).map(([measurement, { tags, fields }]) => [
    measurement,
    {
      tags: tags.map((name) => ({ name, key: `,${name}=` })),
      fields: Object.entries(fields).map(([name, type]) => ({ name, key: `${name}=`, type })),
    },
  ]),
);

export function isMeasurement(name: string): name is Measurement {
  return FORMS.has(name);
}

/**
 * One line of InfluxDB's line protocol, without its line end; time in ms, so it is to be written with precision `ms`.
 * Tags and fields keep the order and the types of MEASUREMENTS; undefined ones are absent. Texts hold no line ends.
 */
export function toLine({ measurement, tags, fields, timeMs }: AnyPoint): string {
  const form = FORMS.get(measurement);
  let line: string = measurement;
  for (const { name, key } of form?.tags ?? []) {
    const value = tags[name];
    if (value !== undefined) line += key + (typeof value === 'number' ? value : escapeTag(String(value)));
  }
  let separator = ' ';
  for (const { name, key, type } of form?.fields ?? []) {
    const value = fields[name];
    if (value === undefined) continue;
    line += separator + key;
    if (type === 'int') line += `${value}i`;
    else if (type === 'string') line += textField(String(value));
    else line += value;
    separator = ',';
  }
  return `${line} ${Math.round(timeMs)}`;
}

/** A text as it stands in a tag. */
export function escapeTag(text: string): string {
  return text.replace(/[,= ]/g, '\\$&');
}

/** A text as it stands in a field. */
export function textField(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** What a line that `toLine` wrote is of. */
export function measurementOf(line: string): string {
  const space = line.indexOf(' ');
  const comma = line.indexOf(',');
  return line.slice(0, comma === -1 ? space : Math.min(comma, space));
}

/** The time of a line that `toLine` wrote, ms UTC; NaN if it has none. */
export function timeOf(line: string): number {
  const text = line.slice(line.lastIndexOf(' ') + 1);
  return text === '' ? Number.NaN : Number(text);
}
