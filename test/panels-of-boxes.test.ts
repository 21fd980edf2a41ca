import { expect } from 'chai';
import { z } from 'zod';
import type { Dashboard } from '../grafana/src/dashboard.ts';
import { boxAndOutlet } from '../grafana/src/dashboards/box-and-outlet.ts';
import { fleet } from '../grafana/src/dashboards/fleet.ts';
import { DEFAULTS } from '../grafana/src/settings.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { collectRows } from '../src/influx/query.ts';
import { answer, clock, photographLines, rowsOf } from './fixture/analysis.ts';
import { type Chosen, questionsOf } from './fixture/panels.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');

/** Friday, 2 October 2026. Outlet 2 of box 12 is not installed; box 14 is in another city. */
const PHOTOGRAPHS = `
  box outlet at               status kwh W
  12  0      2026-10-01T20:00 0      10  0
  12  0      2026-10-02T08:00 2      10  700
  12  0      2026-10-02T09:30 2      10.5 500
  12  1      2026-10-02T09:00 5      1   0
  12  2      2026-10-02T09:00 6      0   0
  13  0      2026-10-01T12:00 2      5   900
  13  0      2026-10-01T13:00 4      6   0
  14  0      2026-09-29T08:00 2      7   900`;

const CONNECTIONS = `
  box at               online silent
  12  2026-10-01T00:00 true   false
  12  2026-10-02T00:00 true   false
  13  2026-10-02T00:00 true   false
  13  2026-10-02T07:00 false  false
  13  2026-10-02T07:10 false  true
  14  2026-10-01T00:00 false  false
  14  2026-10-02T00:00 false  false`;

/** Registers of box 12, with points at the full hours: its meter's, and those of two outlets. */
const REGISTERS = `
  register at               kwh
  meter    2026-10-01T23:00 100
  meter    2026-10-02T00:00 101
  meter    2026-10-02T08:00 101
  meter    2026-10-02T08:30 101.5
  meter    2026-10-02T09:00 102
  meter    2026-10-02T09:20 102.25
  0        2026-10-02T07:00 10
  0        2026-10-02T08:00 10
  0        2026-10-02T09:00 10.75
  1        2026-10-02T08:00 1
  1        2026-10-02T09:00 1.125`;

describe('the panels of Fleet and of Box and outlet', function () {
  this.timeout(30_000);
  const world = useWorld();

  const chosen = (): Chosen => ({
    from: at('2026-10-02T07:30'),
    to: at('2026-10-02T10:00'),
    variables: {
      city: ['HCMC', 'Unknown'],
      district: ['District 1', 'Unknown'],
      box: '12',
      outlet: '0',
      time_zone: 'Asia/Ho_Chi_Minh',
      history_bucket: world().buckets.history,
      telemetry_bucket: world().buckets.telemetry,
    },
  });
  const question = (dashboard: Dashboard, title: string, refId: string) =>
    questionsOf(dashboard, title, chosen())[refId] ?? '';
  const askFlux = async (dashboard: Dashboard, title: string, refId: string) => {
    const Row = z.looseObject({});
    const rows = await collectRows(world().queryFlux(question(dashboard, title, refId), Row));
    return rows.map(({ result, table, ...row }) => row);
  };
  const ofFleet = (title: string, refId: string) => askFlux(fleet(DEFAULTS), title, refId);
  const ofBox = (title: string, refId: string) => askFlux(boxAndOutlet(DEFAULTS), title, refId);
  const instant = (local: string) => at(local).replace('.000Z', 'Z');

  before(async () => {
    const { database, writeBatch, buckets } = world();
    const connections = rowsOf(CONNECTIONS).map(({ box, at: time, online, silent }) =>
      toLine({
        measurement: 'connection',
        tags: { box: Number(box) },
        fields: { online: online === 'true', silent: silent === 'true' },
        timeMs: Date.parse(at(String(time))),
      }),
    );
    await writeBatch(buckets.history, [...photographLines(at, PHOTOGRAPHS), ...connections]);
    const registers = rowsOf(REGISTERS).map(({ register, at: time, kwh }) => {
      const parts = { fields: { energy_kwh: Number(kwh) }, timeMs: Date.parse(at(String(time))) };
      return register === 'meter'
        ? toLine({ measurement: 'meter', tags: { box: 12 }, ...parts })
        : toLine({ measurement: 'consumption', tags: { box: 12, outlet: Number(register) }, ...parts });
    });
    await writeBatch(buckets.telemetry, registers);
    await database.query(`
      INSERT INTO analysis_setting VALUES ('time_zone', 'Asia/Ho_Chi_Minh');
      INSERT INTO eboost_box (id, unique_id, name, city, district, status, updated_at) VALUES
        (1, 'Ebox_12', 'Market', 'HCMC', 'District 1', true, '2026-01-01'),
        (2, 'Ebox_12', 'Old market', 'HCMC', 'District 1', false, '2025-01-01'),
        (3, 'Ebox_13', NULL, NULL, '', true, '2026-01-01'),
        (4, 'Ebox_14', 'Station', 'Hanoi', 'District 1', true, '2026-01-01'),
        (5, 'test', 'No box', 'HCMC', 'District 1', true, '2026-01-01');
      INSERT INTO outlet_installation VALUES
        (12, 0, '2026-09-01', true), (12, 2, '2026-09-01', true), (12, 2, '2026-10-01', false), (13, 1, '2026-09-01', true);
      INSERT INTO charging_event_day (box, day, charging_events, customers, billed_kwh, revenue, activation_fee, discount)
        SELECT 12, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - ago, 3 - ago, 1, 1.5, 6000, 0, 0
          FROM generate_series(0, 1) AS ago;
      INSERT INTO judged_transaction (id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount)
        VALUES (7, 12, 0, 1, '2026-10-02T08:00+07', '2026-10-02T09:00+07', '2026-10-02', 0.5, 2000, 2000, 0, 0);
      INSERT INTO charging_session (box, outlet, start_time, end_time, last_photograph, day, metered_kwh, recovered, abandoned, transaction_id)
        VALUES (12, 0, '2026-10-01T08:00+07', '2026-10-01T09:00+07', '2026-10-01T08:30+07', '2026-10-01', 1, false, false, NULL),
               (12, 0, '2026-10-02T07:00+07', '2026-10-02T08:00+07', '2026-10-02T07:30+07', '2026-10-02', 0.4, true, false, 7),
               (12, 0, '2026-10-02T09:00+07', NULL, '2026-10-02T09:30+07', '2026-10-02', 0.1, false, false, NULL),
               (12, 1, '2026-10-02T09:00+07', NULL, '2026-10-02T09:30+07', '2026-10-02', 0.1, false, false, NULL)`);
  });

  it('count the outlets of each box by the last status of two days, and none that is not installed', async () => {
    const none = { charging: 0, ready: 0, full: 0, available: 0, unplugged: 0, other: 0 };
    expect(await ofFleet('Boxes now and today', 'outlets')).to.have.deep.members([
      { ...none, box: '12', charging: 1, other: 1 },
      { ...none, box: '13', unplugged: 1 },
    ]);
  });

  it('add up the power of the photographs of the last hour', async () => {
    expect(await ofFleet('Boxes now and today', 'power')).to.deep.equal([{ box: '12', power_w: 500 }]);
  });

  it('tell of each box whether it is online, offline or silent, in words and as numbers to add up', async () => {
    expect(await ofFleet('Boxes by connection', 'connections')).to.have.deep.members([
      { box: '12', state: 'online', online: 1, offline: 0, silent: 0 },
      { box: '13', state: 'silent', online: 0, offline: 0, silent: 1 },
      { box: '14', state: 'offline', online: 0, offline: 1, silent: 0 },
    ]);
  });

  it('tell since when a box is away: since it was online last, whether offline or silent', async () => {
    expect(await ofFleet('Offline or silent', 'away')).to.have.deep.members([
      { box: '13', state: 'silent', since: instant('2026-10-02T07:00') },
      { box: '14', state: 'offline', since: instant('2026-10-01T00:00') },
    ]);
  });

  it('take the boxes of the chosen places, once each; what Eboost does not say is Unknown', async () => {
    expect(await answer(world(), question(fleet(DEFAULTS), 'Map', 'places'))).to.deep.equal(
      rowsOf(`
        box name    district     latitude longitude
        12  Market  'District 1' -        -
        13  Ebox_13 Unknown      -        -`),
    );
  });

  it('show what each box has billed today, and zeros for those that have not', async () => {
    expect(await answer(world(), question(fleet(DEFAULTS), 'Boxes now and today', 'today'))).to.deep.equal(
      rowsOf(`
        box name    city    district     charging_events billed_kwh revenue
        12  Market  HCMC    'District 1' 3               1.5        6000
        13  Ebox_13 Unknown Unknown      0               0          0`),
    );
  });

  it('offer the outlets of the box that are installed', async () => {
    const variable = boxAndOutlet(DEFAULTS).templating.list?.find(({ name }) => name === 'outlet');
    const query = String(variable?.query).replace('${box:sqlstring}', `'12'`);
    expect(await answer(world(), query)).to.deep.equal([{ outlet: '0' }]);
  });

  it('hold a state or a value from before the time range to its end', async () => {
    expect(await ofBox('Connection', 'connection')).to.deep.equal([
      { time: instant('2026-10-02T07:30'), state: 'online' },
      { time: instant('2026-10-02T10:00'), state: 'online' },
    ]);
    const statuses = await ofBox('Outlets', 'statuses');
    expect(statuses.filter(({ outlet }) => outlet === '0')).to.deep.equal([
      { _time: instant('2026-10-02T07:30'), _value: 0, outlet: '0' },
      { _time: instant('2026-10-02T08:00'), _value: 2, outlet: '0' },
      { _time: instant('2026-10-02T09:30'), _value: 2, outlet: '0' },
      { _time: instant('2026-10-02T10:00'), _value: 2, outlet: '0' },
    ]);
  });

  it('draw the deadband around what was photographed, above zero', async () => {
    const rows = await ofBox('Energy register', 'values');
    expect(rows.map(({ low, photographed, high }) => [low, photographed, high])).to.deep.equal([
      [9, 10, 11],
      [9, 10, 11],
      [9.5, 10.5, 11.5],
      [9.5, 10.5, 11.5],
    ]);
  });

  it('show sessions that touch the time range, each beside what was billed for it', async () => {
    const rows = await answer(
      world(),
      question(boxAndOutlet(DEFAULTS), 'Sessions of the outlet', 'sessions'),
    );
    expect(
      rows.map(({ start_time, state, metered_kwh, billed_kwh }) => [
        start_time,
        state,
        metered_kwh,
        billed_kwh,
      ]),
    ).to.deep.equal([
      ['2026-10-02T09:00', 'charging', '0.1', null],
      ['2026-10-02T07:00', 'recovered', '0.4', '0.5'],
    ]);
  });

  it('count what a register grew until a full hour in the hour that ends then, for the meter and for the outlets', async () => {
    expect(await ofBox('Meter and outlets by hour', 'energy')).to.deep.equal([
      { time: instant('2026-10-02T07:00'), meter: null, outlets: 0 },
      { time: instant('2026-10-02T08:00'), meter: 1, outlets: 0.875 },
      { time: instant('2026-10-02T09:00'), meter: 0.25, outlets: null },
    ]);
  });

  it('put the meter by business day beside what was billed', async () => {
    expect(await ofBox('Meter, outlets and bills by day', 'meter')).to.deep.equal([
      { time: instant('2026-10-02T00:00'), meter: 1.25 },
    ]);
  });
});
