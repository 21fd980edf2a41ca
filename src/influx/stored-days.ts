import { z } from 'zod';
import { defineFlux } from './flux.ts';
import { collectRows, type QueryFlux } from './query.ts';

const measurements = defineFlux('queries/measurements.flux', { bucket: 'string', from: 'time', to: 'time' });
const nextValue = defineFlux('queries/next-value.flux', {
  bucket: 'string',
  measurement: 'string',
  from: 'time',
  to: 'time',
});
const writtenPoints = defineFlux('queries/written-points.flux', {
  bucket: 'string',
  from: 'time',
  to: 'time',
});

/** Any time that a wrong clock may have told, ms UTC. */
export const ALL_TIME = { fromMs: Date.UTC(1970, 0, 1), toMs: Date.UTC(2200, 0, 1) };
const DAY_MS = 86_400_000;

const Named = z.object({ _value: z.string() });
const Timed = z.object({ _time: z.string() });
const Written = z.object({ measurement: z.string(), day: z.string(), _value: z.number() });

/** The names of the measurements of a bucket, in order. */
export async function listMeasurements(
  queryFlux: QueryFlux,
  bucket: string,
  signal: AbortSignal,
): Promise<string[]> {
  const flux = measurements({ bucket, from: ALL_TIME.fromMs, to: ALL_TIME.toMs });
  return (await collectRows(queryFlux(flux, Named, signal))).map(({ _value }) => _value).sort();
}

/** The start of the first UTC day from `fromMs` (a start of a day) on that has values of a measurement, ms UTC. */
export async function nextDay(
  queryFlux: QueryFlux,
  bucket: string,
  measurement: string,
  fromMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const flux = nextValue({ bucket, measurement, from: fromMs, to: ALL_TIME.toMs });
  const [first] = await collectRows(queryFlux(flux, Timed, signal));
  return first === undefined ? undefined : Math.floor(Date.parse(first._time) / DAY_MS) * DAY_MS;
}

/** How many points write_log has counted so far, by measurement and UTC day, 2026-10-02. */
export async function readWritten(
  queryFlux: QueryFlux,
  historyBucket: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const written = new Map<string, Map<string, number>>();
  const flux = writtenPoints({ bucket: historyBucket, from: ALL_TIME.fromMs, to: ALL_TIME.toMs });
  for await (const { measurement, day, _value } of queryFlux(flux, Written, signal)) {
    const days = written.get(measurement) ?? new Map<string, number>();
    written.set(measurement, days.set(day, (days.get(day) ?? 0) + _value));
  }
  return written;
}
