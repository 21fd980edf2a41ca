import { z } from 'zod';
import type { PhotographPoint } from '../../streams/point.ts';
import { defineFlux } from './flux.ts';
import type { QueryFlux } from './query.ts';

const lastPhotographs = defineFlux('queries/last-photographs.flux', {
  bucket: 'string',
  from: 'time',
  to: 'time',
  boxes: 'regexp',
});

const DAY_MS = 86_400_000;
/** An outlet that was not photographed for longer is new. All but those that are not installed are, at least once a day. */
const LOOK_BACK_MS = 400 * DAY_MS;
/** So many boxes are read at once, to spare InfluxDB's memory. */
const BOXES_AT_ONCE = 1000;

const Place = { box: z.coerce.number().int(), outlet: z.coerce.number().int(), _time: z.string() };
const Row = z.discriminatedUnion('_field', [
  z.object({ ...Place, _field: z.literal('reason'), _value: z.string() }),
  ...(['status', 'current_a', 'power_factor', 'voltage_v', 'energy_kwh'] as const).map((field) =>
    z.object({ ...Place, _field: z.literal(field), _value: z.number() }),
  ),
]);
type Row = z.output<typeof Row>;

/**
 * The last photograph of each outlet of these boxes within 400 days: its reason, and the values that later ones are compared with: status,
 * current, power factor, voltage and energy, those that it has. For a start that finds nothing on its own disk.
 * @param nowMs the wall clock, ms UTC
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED, INFLUX_ANSWER; the signal's reason once it is aborted
 */
export async function* readLastPhotographs(
  queryFlux: QueryFlux,
  bucket: string,
  boxes: Iterable<number>,
  nowMs: number,
  signal?: AbortSignal,
): AsyncGenerator<PhotographPoint> {
  // The clocks of InfluxDB and of what wrote to it may differ.
  const span = { from: nowMs - LOOK_BACK_MS, to: nowMs + DAY_MS };
  const numbers = [...boxes];
  for (let start = 0; start < numbers.length; start += BOXES_AT_ONCE) {
    const part = new RegExp(`^(${numbers.slice(start, start + BOXES_AT_ONCE).join('|')})$`);
    const outlets = new Map<number, Row[]>();
    for await (const row of queryFlux(lastPhotographs({ bucket, boxes: part, ...span }), Row, signal)) {
      const key = row.box * 10 + row.outlet;
      const rows = outlets.get(key);
      if (rows === undefined) outlets.set(key, [row]);
      else rows.push(row);
    }
    for (const rows of outlets.values()) {
      const last = rows.find(({ _field }) => _field === 'status');
      if (last !== undefined) yield photographOf(last, rows);
    }
  }
}

/** @param rows the last values of the outlet, of which those from before its last photograph are not in it */
function photographOf({ box, outlet, _time }: Row, rows: readonly Row[]): PhotographPoint {
  const ofLast = rows.filter((row) => row._time === _time);
  const fields = Object.fromEntries(ofLast.map(({ _field, _value }) => [_field, _value]));
  return { measurement: 'photograph', tags: { box, outlet }, fields, timeMs: Date.parse(_time) };
}
