import { expect } from 'chai';
import { z } from 'zod';
import { sessionsAndMoney } from '../grafana/src/dashboards/sessions-and-money.ts';
import { DEFAULTS } from '../grafana/src/settings.ts';
import { collectRows } from '../src/influx/query.ts';
import {
  analyse,
  answer,
  clock,
  createEboost,
  insertTransactions,
  photographLines,
  rowsOf,
} from './fixture/analysis.ts';
import { type Chosen, questionsOf } from './fixture/panels.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');

/**
 * Thursday to Saturday, 1 to 3 October 2026. Box 12: outlet 0 charges over midnight, outlet 1 is billed too much, nobody is
 * billed for outlet 5. Box 13: outlet 0 falls silent while it charges; outlet 3 is billed, and was never seen.
 */
const TRANSACTIONS = `
  id user box outlet start            end              kwh fee
  1  1    12  0      2026-10-01T23:30 2026-10-02T01:00 2   8000
  2  2    12  1      2026-10-02T00:30 2026-10-02T01:15 0.8 3000
  3  1    13  3      2026-10-03T10:20 2026-10-03T11:00 1   4000`;
const PHOTOGRAPHS = `
  box outlet at               status kwh
  12  0      2026-10-01T23:30 2      10
  12  0      2026-10-02T00:30 2      11
  12  0      2026-10-02T01:00 0      12
  12  1      2026-10-02T00:30 2      5
  12  1      2026-10-02T01:15 0      5.5
  12  5      2026-10-03T08:00 2      0
  12  5      2026-10-03T09:00 0      3
  13  0      2026-10-02T00:00 2      1
  13  0      2026-10-03T12:00 0      1`;

describe('the panels of Sessions and money', function () {
  this.timeout(30_000);
  const world = useWorld();
  const dashboard = sessionsAndMoney(DEFAULTS);

  const chosen = (boxes: readonly string[] = ['12', '13'], time_zone = 'Asia/Ho_Chi_Minh'): Chosen => ({
    from: at('2026-10-01T12:00'),
    to: at('2026-10-04T00:00'),
    variables: { box: boxes, time_zone, history_bucket: world().buckets.history },
  });
  const ask = (title: string, refId: string, choice = chosen()) =>
    answer(world(), questionsOf(dashboard, title, choice)[refId] ?? '');
  const askFlux = <T extends z.ZodType>(title: string, refId: string, row: T, choice = chosen()) =>
    collectRows(world().queryFlux(questionsOf(dashboard, title, choice)[refId] ?? '', row));
  const askByTime = async (title: string, refId: string, field: string, choice?: Chosen) => {
    const rows = await askFlux(title, refId, z.looseObject({ time: z.string() }), choice);
    return rows.map((row) => [new Date(row.time).toISOString(), row[field]]);
  };

  before(async () => {
    await createEboost(world(), [12, 13]);
    await insertTransactions(world(), at, TRANSACTIONS);
    await world().writeBatch(world().buckets.history, photographLines(at, PHOTOGRAPHS));
    await analyse(world(), at('2026-10-04T12:00'));
  });

  it('put metered energy (Flux) beside billed energy (SQL), by the same starts of business days', async () => {
    const title = 'Metered and billed energy by day';
    expect(await askByTime(title, 'metered', 'metered')).to.deep.equal([
      [at('2026-10-02T00:00'), 2.5],
      [at('2026-10-03T00:00'), 3],
    ]);
    expect(await ask(title, 'billed')).to.deep.equal(
      rowsOf(`
        time             billed
        2026-10-01T00:00 2
        2026-10-02T00:00 0.8
        2026-10-03T00:00 1`),
    );
  });

  it('are of the chosen boxes only, in Flux and in SQL', async () => {
    const box13 = chosen(['13']);
    const title = 'Metered and billed energy by day';
    expect(await askByTime(title, 'metered', 'metered', box13)).to.deep.equal([[at('2026-10-03T00:00'), 0]]);
    expect(await ask(title, 'billed', box13)).to.deep.equal(
      rowsOf(`
        time             billed
        2026-10-02T00:00 0
        2026-10-03T00:00 1`),
    );
  });

  it('count outlets charging on the mean over each hour, and none that has fallen silent', async () => {
    const title = 'Outlets charging and charging events by hour';
    const hours = await askByTime(title, 'charging', 'outlets_charging');
    expect(hours).to.have.length(60);
    expect(hours.filter(([, outlets]) => outlets !== 0)).to.deep.equal([
      [at('2026-10-01T23:00'), 0.5],
      [at('2026-10-02T00:00'), 1.5],
      [at('2026-10-02T01:00'), 0.25],
      [at('2026-10-03T08:00'), 1],
    ]);
    expect(await ask(title, 'events')).to.deep.equal(
      rowsOf(`
        time             charging_events
        2026-10-01T23:00 1
        2026-10-02T00:00 1
        2026-10-03T10:00 1`),
    );
  });

  it('put drawn energy (Flux) beside the revenue (SQL) of each box, also of one that earned nothing', async () => {
    const title = 'Drawn energy and revenue by box';
    expect(await askFlux(title, 'drawn', z.object({ box: z.string(), drawn_kwh: z.number() }))).to.deep.equal(
      [
        { box: '12', drawn_kwh: 5.5 },
        { box: '13', drawn_kwh: 0 },
      ],
    );
    const day = { ...chosen(), to: at('2026-10-02T12:00') };
    expect(await ask(title, 'billed', day)).to.deep.equal(
      rowsOf(`
        box name     district     charging_events billed_kwh revenue
        12  'box 12' 'District 0' 2               2.8        11000
        13  'box 13' 'District 1' 0               0          0`),
    );
  });

  it('add up whole weeks and months, as their tables have them', async () => {
    for (const [unit, period] of [
      ['week', '2026-W40'],
      ['month', '2026-10'],
    ]) {
      expect(await ask(`Revenue by ${unit}`, 'periods')).to.deep.equal(
        rowsOf(`period revenue\n${period} 15000`),
      );
      expect(await ask(`Charging events by ${unit}`, 'periods')).to.deep.equal(
        rowsOf(`period charging_events\n${period} 3`),
      );
      expect(await ask(`Energy by ${unit}`, 'periods')).to.deep.equal(
        rowsOf(`period metered billed\n${period} 5.5 3.8`),
      );
    }
    expect(await ask('Charging events, energy and revenue', 'totals')).to.deep.equal(
      rowsOf(`
        charging_events revenue billed_kwh metered_kwh revenue_a_kwh discount
        3               15000   3.8        5.5         3947.368421   0`),
    );
  });

  it('have a cell for each hour of each weekday, from Sunday below to Monday above', async () => {
    const hours = await ask('Charging events by weekday and hour', 'pattern');
    expect(hours).to.have.length(24);
    expect(Object.keys(hours[0] ?? {}).sort()).to.have.length(8);
    expect([hours[23], hours[0], hours[10]]).to.deep.equal(
      rowsOf(`
        hour Sunday Saturday Friday Thursday Wednesday Tuesday Monday
        23   0      0        0      1        0         0       0
        0    0      0        1      0        0         0       0
        10   0      1        0      0        0         0       0`),
    );
    const energy = await ask('Energy drawn by weekday and hour', 'pattern');
    expect([energy[23]?.Thursday, energy[0]?.Friday, energy[8]?.Saturday]).to.deep.equal([
      '0.5',
      '1.833333',
      '3',
    ]);
  });

  it('show what agrees, what does not, and what only one side knows of', async () => {
    expect(await ask('Verdicts by day', 'verdicts')).to.deep.equal(
      rowsOf(`
        time             agrees 'billed too little' 'billed too much' 'not metered'
        2026-10-01T00:00 1      0                   0                 0
        2026-10-02T00:00 0      0                   1                 0
        2026-10-03T00:00 0      0                   0                 1`),
    );
    const verdicts = await ask('Charging events by verdict', 'verdicts');
    expect(verdicts.find(({ verdict }) => verdict === 'billed too much')).to.deep.equal(
      rowsOf(`
        verdict           charging_events billed_kwh metered_kwh metered_minus_billed_kwh
        'billed too much' 1               0.8        0.5         -0.3`)[0],
    );
    expect(await ask('Unbilled energy', 'unbilled')).to.deep.equal(
      rowsOf(`
        box outlet day        kind    start_time       end_time         unbilled_kwh
        12  5      2026-10-03 session 2026-10-03T08:00 2026-10-03T09:00 3`),
    );
    expect(await ask('Unmetered transactions', 'unmetered')).to.deep.equal(
      rowsOf(`
        transaction_id box outlet day        start_time       end_time         billed_kwh revenue
        3              13  3      2026-10-03 2026-10-03T10:20 2026-10-03T11:00 1          4000`),
    );
  });

  it('begin hours and days by the clock of TIME_ZONE, also where that is half an hour off', async () => {
    const TIME_ZONE = 'Asia/Kolkata';
    await analyse(world(), at('2026-10-04T12:00'), {}, { TIME_ZONE });
    const choice = chosen(['12', '13'], TIME_ZONE);
    const title = 'Outlets charging and charging events by hour';
    const hours = await askByTime(title, 'charging', 'outlets_charging', choice);
    // From 23:30 to 00:30 by the clock of +07:00 it is the first outlet that charges, all of the time.
    expect(hours.filter(([time]) => time === at('2026-10-01T23:30'))).to.deep.equal([
      [at('2026-10-01T23:30'), 1],
    ]);
    expect(await ask(title, 'events', choice)).to.deep.equal(
      rowsOf(`
        time             charging_events
        2026-10-01T23:30 1
        2026-10-02T00:30 1
        2026-10-03T09:30 1`),
    );
    expect(await ask('Revenue by day', 'revenue', choice)).to.deep.equal(
      rowsOf(`
        time             revenue
        2026-10-01T01:30 11000
        2026-10-03T01:30 4000`),
    );
  });
});
