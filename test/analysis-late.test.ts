import { expect } from 'chai';
import { z } from 'zod';
import { toLine } from '../src/influx/line-protocol.ts';
import { collectRows } from '../src/influx/query.ts';
import {
  analyse,
  answer,
  clock,
  contents,
  createEboost,
  insertTransactions,
  photographLines,
  rowsOf,
  writeLogLine,
} from './fixture/analysis.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');

describe('telemetry that arrives late', function () {
  this.timeout(30_000);
  const world = useWorld();
  const write = (lines: string[]) => world().writeBatch(world().buckets.history, lines);
  const sessions = () =>
    answer(
      world(),
      `SELECT start_time AS start, end_time AS end, metered_kwh AS kwh, recovered, abandoned, transaction_id AS transaction
         FROM charging_session WHERE box = 12 ORDER BY start_time`,
    );
  const days = () =>
    answer(
      world(),
      'SELECT day, metered_kwh AS metered, drawn_kwh AS drawn, charging_minutes AS minutes FROM charging_event_day WHERE box = 12 ORDER BY day',
    );

  before(async () => {
    await createEboost(world(), [12, 13]);
    await insertTransactions(
      world(),
      at,
      `
      id user box outlet start            end              kwh fee
      1  1    12  0      2026-10-01T22:00 2026-10-02T02:00 2   8000`,
    );
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh
        12  0      2026-10-01T08:00 0      50
        12  0      2026-10-01T22:00 2      50`,
      ),
    );
    await write([writeLogLine('photograph', '2026-10-01', at('2026-10-01T22:00'))]);
  });

  it('shows a session that goes on, up to the moment of the run', async () => {
    await analyse(world(), at('2026-10-02T00:30'));
    expect(await sessions()).to.deep.equal(
      rowsOf(`
        start            end kwh recovered abandoned transaction
        2026-10-01T22:00 -   0   false     false     -`),
    );
    expect(await days()).to.deep.equal(
      rowsOf(`
        day        metered drawn minutes
        2026-10-01 0       -     120
        2026-10-02 0       -     30`),
    );
  });

  it('does the days again that write_log names, six hours late and over midnight', async () => {
    await analyse(world(), at('2026-10-02T06:00'));
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh backlog
        12  0      2026-10-01T22:30 2      50.5 yes
        12  0      2026-10-01T23:00 2      51   yes
        12  0      2026-10-01T23:30 2      51.4 yes
        12  0      2026-10-02T00:00 2      51.6 yes
        12  0      2026-10-02T02:00 0      52   yes`,
      ),
    );
    // All of it is of the first day in UTC.
    await write([writeLogLine('photograph', '2026-10-01', at('2026-10-02T08:00'))]);
    await analyse(world(), at('2026-10-02T09:00'));
    expect(await sessions()).to.deep.equal(
      rowsOf(`
        start            end              kwh recovered abandoned transaction
        2026-10-01T22:00 2026-10-02T02:00 2   true      false     1`),
    );
    expect(await days()).to.deep.equal(
      rowsOf(`
        day        metered drawn minutes
        2026-10-01 2       1.6   120
        2026-10-02 0       0.4   120`),
    );
  });

  it('does a month again that was over, and all since, for photographs that come weeks later', async () => {
    await analyse(world(), at('2026-11-20T09:00'));
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh
        12  0      2026-10-31T23:00 2      52
        12  0      2026-11-01T01:00 0      53`,
      ),
    );
    await write([
      writeLogLine('photograph', '2026-10-31', at('2026-11-20T09:30')),
      writeLogLine('connection', '2026-10-31', at('2026-11-20T09:30')),
    ]);
    await analyse(world(), at('2026-11-20T10:00'));
    expect((await days()).slice(2)).to.deep.equal(
      rowsOf(`
        day        metered drawn minutes
        2026-10-31 1       0.5   60
        2026-11-01 0       0.5   60`),
    );
  });

  it('abandons a session that was silent for a day, and takes it up again when more of it comes', async () => {
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh
        12  0      2026-11-20T11:00 2      53
        12  0      2026-11-20T11:30 2      53.2`,
      ),
    );
    await write([writeLogLine('photograph', '2026-11-20', at('2026-11-20T11:30'))]);
    await analyse(world(), at('2026-11-21T11:00'));
    expect((await sessions()).at(-1)).to.deep.include({ end: null, abandoned: 'false' });
    await analyse(world(), at('2026-11-21T11:31'));
    expect((await sessions()).at(-1)).to.deep.include({
      end: '2026-11-20T11:30',
      abandoned: 'true',
      kwh: '0.2',
    });
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh
        12  0      2026-11-21T11:00 0      53.6`,
      ),
    );
    await write([writeLogLine('photograph', '2026-11-21', at('2026-11-21T12:00'))]);
    await analyse(world(), at('2026-11-21T12:30'));
    expect((await sessions()).at(-1)).to.deep.include({
      end: '2026-11-21T11:00',
      abandoned: 'false',
      kwh: '0.6',
    });
  });

  it('takes a session for recovered in which a gap lies that is told of later', async () => {
    expect((await sessions()).at(-1)).to.deep.include({ recovered: 'false' });
    const [from, to] = [Date.parse(at('2026-11-20T15:00')), Date.parse(at('2026-11-20T16:00'))];
    await write([
      toLine({ measurement: 'gap', tags: {}, fields: { from, to }, timeMs: to }),
      writeLogLine('gap', '2026-11-20', at('2026-11-21T13:00')),
    ]);
    await analyse(world(), at('2026-11-21T13:30'));
    expect((await sessions()).at(-1)).to.deep.include({ recovered: 'true' });
  });

  it('counts energy that is drawn outside of sessions, also after a reset of the register', async () => {
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh
        13  1      2026-11-21T10:00 0      7
        13  1      2026-11-21T11:00 0      7.5
        13  1      2026-11-21T12:00 0      0.25`,
      ),
    );
    await write([writeLogLine('photograph', '2026-11-21', at('2026-11-21T14:00'))]);
    await analyse(world(), at('2026-11-21T14:30'));
    expect(
      await answer(
        world(),
        'SELECT kind, box, outlet, day, unbilled_kwh AS kwh FROM unbilled_energy WHERE box = 13',
      ),
    ).to.deep.equal(rowsOf(`kind box outlet day kwh\n'outside session' 13 1 2026-11-21 0.75`));
  });

  it('goes on with a session of several days, also where its first photographs do not know the register', async () => {
    const photographs = (text: string) => photographLines(at, `box outlet at status kwh\n${text.trim()}`);
    const session = () =>
      answer(
        world(),
        'SELECT start_time AS start, end_time AS end, metered_kwh AS kwh FROM charging_session WHERE box = 13 ORDER BY start_time',
      );
    await write(
      photographs(`
        13 5 2026-11-21T15:00 0 4
        13 5 2026-11-21T16:00 2 -
        13 5 2026-11-22T10:00 2 5`),
    );
    await write([writeLogLine('photograph', '2026-11-21', at('2026-11-22T10:00'))]);
    await analyse(world(), at('2026-11-22T10:30'));
    await write(photographs('13 5 2026-11-23T09:00 2 6'));
    await write([writeLogLine('photograph', '2026-11-23', at('2026-11-23T09:00'))]);
    await analyse(world(), at('2026-11-23T09:30'));
    await write(photographs('13 5 2026-11-24T08:00 0 7'));
    await write([writeLogLine('photograph', '2026-11-24', at('2026-11-24T08:00'))]);
    await analyse(world(), at('2026-11-24T08:30'));
    expect(await session()).to.deep.equal(
      rowsOf(`
        start            end              kwh
        2026-11-21T16:00 2026-11-24T08:00 3`),
    );
  });

  it('does some days of a month that is over again by force, and leaves what goes on after them as it is', async () => {
    await write(
      photographLines(
        at,
        `
        box outlet at               status kwh W
        13  6      2026-10-08T09:00 0      1   -
        13  6      2026-10-09T22:00 2      1   500
        13  6      2026-10-10T23:00 2      2   500
        13  6      2026-10-13T06:00 0      9   -
        13  7      2026-10-10T20:00 2      1   400
        13  7      2026-10-11T02:00 0      3   -
        13  8      2026-10-10T12:00 0      1   -
        13  8      2026-10-11T10:00 0      3   -`,
      ),
    );
    await write([writeLogLine('photograph', '2026-10-08', at('2026-11-24T09:00'))]);
    const now = at('2026-11-24T09:30');
    await analyse(world(), now);
    const before = await contents(world());
    for (const days of [
      { fromDay: '2026-10-10', toDay: '2026-10-11' },
      { fromDay: '2026-10-08', toDay: '2026-10-10' },
    ]) {
      await analyse(world(), now, { job: 'charging-session', force: true, days });
      expect(await contents(world())).to.deep.equal(before);
    }
  });

  it('downsamples hours again whose points came late, as the tasks in InfluxDB do, when their day is over', async () => {
    const { telemetry, history } = world().buckets;
    const consumption = (time: string, energyKwh: number) =>
      toLine({
        measurement: 'consumption',
        tags: { box: 12, outlet: 0 },
        fields: { energy_kwh: energyKwh },
        timeMs: Date.parse(time),
      });
    const meter = (time: string, voltageV: number, energyKwh: number) =>
      toLine({
        measurement: 'meter',
        tags: { box: 12 },
        fields: { voltage_v: voltageV, current_a: 2, energy_kwh: energyKwh },
        timeMs: Date.parse(time),
      });
    await world().writeBatch(telemetry, [
      consumption('2026-11-20T10:00:00Z', 1),
      consumption('2026-11-20T10:45:00Z', 2),
      consumption('2026-11-20T12:30:00Z', 3),
      meter('2026-11-20T10:10:00Z', 220, 10),
      meter('2026-11-20T10:20:00Z', 230, 11),
    ]);
    await write([
      writeLogLine('consumption', '2026-11-20', '2026-11-24T08:00:00Z'),
      writeLogLine('meter', '2026-11-20', '2026-11-24T08:00:00Z'),
    ]);
    await analyse(world(), '2026-11-24T09:00:00Z');
    const Row = z.object({
      _time: z.string(),
      _measurement: z.string(),
      _field: z.string(),
      _value: z.number(),
      box: z.string(),
    });
    const hours = await collectRows(
      world().queryFlux(
        `from(bucket: "${history}") |> range(start: 0)
           |> filter(fn: (r) => r._measurement == "consumption_hour" or r._measurement == "meter_hour")
           |> group() |> sort(columns: ["_measurement", "_field", "_time"])`,
        Row,
      ),
    );
    expect(
      hours.map(({ _measurement, _field, _time, _value }) => `${_measurement} ${_field} ${_time} ${_value}`),
    ).to.deep.equal([
      'consumption_hour energy_kwh 2026-11-20T10:00:00Z 2',
      'consumption_hour energy_kwh 2026-11-20T12:00:00Z 3',
      'meter_hour current_a 2026-11-20T10:00:00Z 2',
      'meter_hour energy_kwh 2026-11-20T10:00:00Z 11',
      'meter_hour voltage_v 2026-11-20T10:00:00Z 225',
    ]);
  });
});
