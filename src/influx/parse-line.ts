import { type FieldType, MEASUREMENTS, type Point, TAG_TYPES } from '../../streams/point.ts';
import { EvidaError } from '../errors.ts';
import { type AnyPoint, isMeasurement, toLine } from './line-protocol.ts';

const LINE = /^([a-z_]+)((?:,[a-z_]+=(?:\\[,= ]|[^\\,= ])+)*) (.+) (-?\d+)$/;
const TAG = /,([a-z_]+)=((?:\\[,= ]|[^\\,= ])+)/g;
const FIELD = /([a-z_]+)=("(?:\\["\\]|[^"\\])*"|[^",]+)/g;
const TYPES_OF_TAGS: ReadonlyMap<string, string> = new Map(Object.entries(TAG_TYPES));

/**
 * The point of a line that `toLine` wrote, value by value as it was.
 * @throws EvidaError POINT_LINE for every other line, also one that says the same in other words
 */
export function parseLine(line: string): Point {
  const [, measurement = '', tags = '', fields = '', time = ''] = LINE.exec(line) ?? [];
  if (!isMeasurement(measurement)) throw notAPoint(line, 'it begins with no measurement of Evida');
  const types: Readonly<Record<string, FieldType | undefined>> = MEASUREMENTS[measurement].fields;
  const point: AnyPoint = {
    measurement,
    tags: Object.fromEntries(
      [...tags.matchAll(TAG)].map(([, name = '', text = '']) => [name, tagValue(name, text)]),
    ),
    fields: Object.fromEntries(
      [...fields.matchAll(FIELD)].map(([, name = '', text = '']) => [name, fieldValue(types[name], text)]),
    ),
    timeMs: Number(time),
  };
  if (!isPoint(point)) throw notAPoint(line, 'its tags and fields are not those of its measurement');
  if (toLine(point) !== line) throw notAPoint(line, `as Evida writes it, it would be ${toLine(point)}`);
  return point;
}

/** Whether a point has all tags of its measurement, at least one field, and no values but such as InfluxDB takes. */
function isPoint(point: AnyPoint): point is Point {
  const { tags, fields } = MEASUREMENTS[point.measurement];
  const types: Readonly<Record<string, FieldType | undefined>> = fields;
  const known = Object.entries(point.fields).filter(([, value]) => value !== undefined);
  return (
    Number.isSafeInteger(point.timeMs) &&
    Object.keys(point.tags).length === tags.length &&
    tags.every((name) => isTag(name, point.tags[name])) &&
    known.length > 0 &&
    known.every(([name, value]) => isField(types[name], value))
  );
}

function isTag(name: string, value: unknown): boolean {
  return TYPES_OF_TAGS.get(name) === 'number'
    ? Number.isSafeInteger(value)
    : typeof value === 'string' && value !== '';
}

function isField(type: FieldType | undefined, value: unknown): boolean {
  switch (type) {
    case 'int':
      return Number.isSafeInteger(value);
    case 'float':
      return Number.isFinite(value);
    case 'bool':
      return typeof value === 'boolean';
    default:
      return type !== undefined && typeof value === 'string';
  }
}

function tagValue(name: string, text: string): number | string {
  return TYPES_OF_TAGS.get(name) === 'number' ? Number(text) : text.replace(/\\([,= ])/g, '$1');
}

function fieldValue(type: FieldType | undefined, text: string): number | string | boolean {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\([\\"])/g, '$1');
  if (text === 'true' || text === 'false') return text === 'true';
  return Number(type === 'int' ? text.slice(0, -1) : text);
}

function notAPoint(line: string, problem: string): EvidaError {
  const shown = line.length > 200 ? `${line.slice(0, 200)}...` : line;
  return new EvidaError('POINT_LINE', { operation: `reading the line ${JSON.stringify(shown)}`, problem });
}
