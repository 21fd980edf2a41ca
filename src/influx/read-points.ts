import { z } from 'zod';
import { type FieldType, MEASUREMENTS, type Measurement, TAG_TYPES } from '../../streams/point.ts';
import { defineFlux } from './flux.ts';
import { type AnyPoint, toLine } from './line-protocol.ts';
import { collectRows, type QueryFlux } from './query.ts';

const daysWithPoints = defineFlux('queries/days-with-points.flux', {
  bucket: 'string',
  measurement: 'string',
  field: 'string',
  to: 'time',
});
const pointsOfDay = defineFlux('queries/points-of-day.flux', {
  bucket: 'string',
  measurement: 'string',
  from: 'time',
  to: 'time',
});

const DAY_MS = 86_400_000;
const Day = z.object({ _value: z.string() });

const FIELD: Readonly<Record<FieldType, z.ZodType<number | string | boolean | null | undefined>>> = {
  float: z.number().nullish(),
  int: z.number().int().nullish(),
  bool: z.boolean().nullish(),
  string: z.string().nullish(),
};

const TAG = { number: z.coerce.number().int(), string: z.string() };

/** A field that every point of the measurement has; a meter may have any of its three, mostly the register. */
const ALWAYS: Readonly<Record<Measurement, string>> = {
  photograph: 'reason',
  connection: 'online',
  consumption: 'energy_kwh',
  box_consumption: 'energy_kwh',
  meter: 'energy_kwh',
  gap: 'from',
  write_log: 'points',
};

/** The starts of the UTC days before `toMs` on which the measurement has points, ms UTC, in order. */
export async function listDays(
  queryFlux: QueryFlux,
  bucket: string,
  measurement: Measurement,
  toMs: number,
  signal: AbortSignal,
): Promise<number[]> {
  const flux = daysWithPoints({ bucket, measurement, field: ALWAYS[measurement], to: toMs });
  return (await collectRows(queryFlux(flux, Day, signal))).map(({ _value }) => Date.parse(_value));
}

/** The points of one UTC day as lines of line protocol, each with its line end, in a fixed order. */
export async function* linesOfDay(
  queryFlux: QueryFlux,
  bucket: string,
  measurement: Measurement,
  dayMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { tags, fields } = MEASUREMENTS[measurement];
  const row = z.object({
    _time: z.string(),
    ...Object.fromEntries(tags.map((tag) => [tag, TAG[TAG_TYPES[tag]]])),
    ...Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, FIELD[type]])),
  });
  const flux = pointsOfDay({ bucket, measurement, from: dayMs, to: dayMs + DAY_MS });
  for await (const { _time, ...columns } of queryFlux(flux, row, signal))
    yield `${toLine(toPoint(measurement, _time, columns))}\n`;
}

function toPoint(
  measurement: Measurement,
  time: string,
  columns: Readonly<Record<string, unknown>>,
): AnyPoint {
  const tags: readonly string[] = MEASUREMENTS[measurement].tags;
  const known = Object.entries(columns).filter(
    (column): column is [string, number | string | boolean] => column[1] != null && column[1] !== '',
  );
  return {
    measurement,
    tags: Object.fromEntries(known.filter(([name]) => tags.includes(name))),
    fields: Object.fromEntries(known.filter(([name]) => !tags.includes(name))),
    timeMs: Date.parse(time),
  };
}
