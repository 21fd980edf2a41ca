import { z } from 'zod';
import { collectRows, type QueryFlux } from '../../src/influx/query.ts';
import type { RecordedPhotograph } from './truth.ts';

const Tags = { box: z.coerce.number(), outlet: z.coerce.number().optional() };
const absent = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const PhotographRow = z.object({
  ...Tags,
  _time: z.string(),
  reason: z.string(),
  status: z.number(),
  current_a: absent,
  power_factor: absent,
  energy_kwh: absent,
  command: absent,
});
const EnergyRow = z.object({ ...Tags, _value: z.number() });
const CountRow = z.object({ _value: z.number() });

/** A box that a fault may use for points of its own: they are not counted. */
export const FOREIGN_BOX = 0;

/** What stands in InfluxDB, in the order of time within each series. */
export interface Recorded {
  /** By `box/outlet`. */
  readonly photographs: ReadonlyMap<string, readonly RecordedPhotograph[]>;
  /** kWh, by `consumption 10/3`, `box_consumption 10` and `meter 10`. */
  readonly energies: ReadonlyMap<string, readonly number[]>;
}

/** Reads everything that the truth is about. */
export async function readRecorded(queryFlux: QueryFlux): Promise<Recorded> {
  const photographs = new Map<string, RecordedPhotograph[]>();
  const ofPhotographs = `from(bucket: "history") |> range(start: 0) |> filter(fn: (r) => r._measurement == "photograph" and r.box != "${FOREIGN_BOX}")
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value") |> sort(columns: ["_time"])`;
  for await (const row of queryFlux(ofPhotographs, PhotographRow)) {
    const { box, outlet, reason, status, command } = row;
    const recorded = { timeMs: Date.parse(row._time), reason, status, command };
    const values = { currentA: row.current_a, powerFactor: row.power_factor, energyKwh: row.energy_kwh };
    listOf(photographs, `${box}/${outlet}`).push({ ...recorded, ...values });
  }
  const energies = new Map<string, number[]>();
  for (const measurement of ['consumption', 'box_consumption', 'meter']) {
    const ofEnergies = `from(bucket: "telemetry") |> range(start: 0)
      |> filter(fn: (r) => r._measurement == "${measurement}" and r._field == "energy_kwh") |> sort(columns: ["_time"])`;
    for await (const { box, outlet, _value } of queryFlux(ofEnergies, EnergyRow)) {
      listOf(energies, `${measurement} ${outlet === undefined ? box : `${box}/${outlet}`}`).push(_value);
    }
  }
  return { photographs, energies };
}

/** How many points stand in InfluxDB, of all that Evida decides on: each of them has its series and time for itself. */
export async function countRecorded(queryFlux: QueryFlux): Promise<number> {
  let points = 0;
  for (const [bucket, isCounted] of [
    ['history', `r._measurement != "write_log" and r.box != "${FOREIGN_BOX}"`],
    ['telemetry', 'true'],
  ]) {
    const flux = `from(bucket: "${bucket}") |> range(start: 0) |> filter(fn: (r) => ${isCounted})
      |> map(fn: (r) => ({ r with _value: 1 })) |> drop(columns: ["_field"])
      |> group(columns: ["_measurement", "box", "outlet", "_time"]) |> first() |> group() |> count()`;
    for (const { _value } of await collectRows(queryFlux(flux, CountRow))) points += _value;
  }
  return points;
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: T[] = [];
  lists.set(key, list);
  return list;
}
