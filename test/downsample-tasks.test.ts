import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { defineFlux } from '../src/influx/flux.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { collectRows } from '../src/influx/query.ts';
import { projectFile } from '../src/project-file.ts';
import { useWorld } from './fixture/world.ts';

const PARAMETERS = { telemetryBucket: 'string', historyBucket: 'string' } as const;
const AGAIN = defineFlux('queries/downsample-again.flux', {
  ...PARAMETERS,
  measurement: 'string',
  from: 'time',
  to: 'time',
});
const Hour = z.object({
  _time: z.string(),
  _measurement: z.string(),
  _field: z.string(),
  _value: z.number(),
  box: z.string(),
  outlet: z.string().nullish(),
});

describe('the tasks that downsample in InfluxDB', function () {
  this.timeout(20_000);
  const world = useWorld();
  const tasks = readdirSync(projectFile('flux', 'tasks'));

  before(async () => {
    const minutes = Array.from({ length: 30 }, (_, index) => index * 11);
    const time = (minute: number) => Date.parse('2026-10-02T06:00:00Z') + minute * 60_000;
    await world().writeBatch(
      world().buckets.telemetry,
      minutes.flatMap((minute) => [
        toLine({
          measurement: 'consumption',
          tags: { box: 12, outlet: minute % 2 },
          fields: { energy_kwh: minute / 8 },
          timeMs: time(minute),
        }),
        toLine({
          measurement: 'meter',
          tags: { box: 12 },
          fields: { voltage_v: 220 + (minute % 7), current_a: minute / 16, energy_kwh: minute / 4 },
          timeMs: time(minute),
        }),
      ]),
    );
  });

  const buckets = () => ({
    telemetryBucket: world().buckets.telemetry,
    historyBucket: world().buckets.history,
  });
  const hours = async () =>
    (
      await collectRows(
        world().queryFlux(`from(bucket: "${world().buckets.history}") |> range(start: 0) |> group()`, Hour),
      )
    )
      .map((row) =>
        [row._measurement, row.box, row.outlet ?? '', row._field, row._time, row._value].join(' '),
      )
      .sort();
  /** As InfluxDB runs it at a moment. */
  async function runTask(file: string, now: string): Promise<void> {
    const flux = defineFlux(`tasks/${file}`, PARAMETERS)(buckets());
    await collectRows(
      world().queryFlux(flux.replace('\nparams = ', `\noption now = () => ${now}\nparams = `), z.unknown()),
    );
  }

  it('have names of their own', () => {
    expect(tasks).to.deep.equal(['downsample-consumption.flux', 'downsample-meter.flux']);
  });

  it('keep whole hours only, of the three before, and the same when they run again', async () => {
    for (const file of tasks) await runTask(file, '2026-10-02T10:10:00Z');
    const first = await hours();
    expect(first.filter((hour) => hour.startsWith('meter_hour 12  energy_kwh'))).to.deep.equal([
      'meter_hour 12  energy_kwh 2026-10-02T07:00:00Z 27.5',
      'meter_hour 12  energy_kwh 2026-10-02T08:00:00Z 44',
      'meter_hour 12  energy_kwh 2026-10-02T09:00:00Z 57.75',
    ]);
    for (const file of tasks) await runTask(file, '2026-10-02T10:20:00Z');
    expect(await hours()).to.deep.equal(first);
  });

  it('say the same as the query that does it again for points that came late', async () => {
    const { queryFlux } = world();
    for (const file of tasks) await runTask(file, '2026-10-02T09:10:00Z');
    for (const file of tasks) await runTask(file, '2026-10-02T12:10:00Z');
    const before = await hours();
    const span = { from: Date.parse('2026-10-02T00:00:00Z'), to: Date.parse('2026-10-03T00:00:00Z') };
    for (const measurement of ['consumption', 'meter'])
      await collectRows(queryFlux(AGAIN({ ...buckets(), ...span, measurement }), z.unknown()));
    expect(await hours()).to.deep.equal(before);
  });
});
