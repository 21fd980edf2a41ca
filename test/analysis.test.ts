import { expect } from 'chai';
import { createEboostDatabase } from '../src/embedded/eboost/database.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { runAnalysis } from '../src/services/analysis/run-analysis.ts';
import type { PhotographPoint } from '../streams/point.ts';
import { useWorld } from './fixture/world.ts';

/** Midnight of a business day in Ho Chi Minh City is 17:00 UTC of the day before. */
const NOW = Date.parse('2026-10-03T05:00:00Z');

function photograph(box: number, outlet: number, time: string, energyKwh: number): PhotographPoint {
  return {
    measurement: 'photograph',
    tags: { box, outlet },
    fields: { status: 2, energy_kwh: energyKwh, reason: 'interval' },
    timeMs: Date.parse(time),
  };
}

describe('analysis, from Eboost and InfluxDB to CHARGING_EVENT_DAY', function () {
  this.timeout(20_000);
  const world = useWorld();

  before(async () => {
    await createEboostDatabase(world().eboostUrl);
    await world().eboost.query(`
      INSERT INTO users (id, name) SELECT id, 'customer ' || id FROM generate_series(1, 3) AS id;
      INSERT INTO transactions (id, user_id, box_unique_id, outlet_unique_id, start_time, wattage_consumed,
                                total_fee, activation_fee, discount_amount, status, updated_at)
      VALUES (1, 1, 'Ebox_12', 'Ebox_12_0', '2026-10-01T16:59:59Z', 0.5,    2000, 500, 0,  true,  '2026-10-01T18:00:00Z'),
             (2, 1, 'Ebox_12', 'Ebox_12_0', '2026-10-01T17:00:00Z', 0.4,    1600, 500, 100, true,  '2026-10-01T18:00:00Z'),
             (3, 2, 'Ebox_12', 'Ebox_12_1', '2026-10-02T10:00:00Z', 0.002,  50,   0,   0,  true,  '2026-10-02T11:00:00.123456Z'),
             (4, 2, 'Ebox_12', 'Ebox_12_1', '2026-10-02T11:00:00Z', 0.002,  0,    0,   0,  true,  '2026-10-02T12:00:00Z'),
             (5, 3, 'Ebox_12', 'Ebox_12_2', '2026-10-02T12:00:00Z', 1.0,    4000, 0,   0,  false, '2026-10-02T12:00:00Z'),
             (6, 3, 'Ebox_9',  'Ebox_9_2',  '2026-10-02T12:00:00Z', 1.0,    4000, 0,   0,  true,  '2026-10-02T12:00:00Z')`);
    await world().writeBatch(
      world().buckets.history,
      [
        photograph(12, 0, '2026-10-01T16:00:00Z', 100),
        photograph(12, 0, '2026-10-01T16:30:00Z', 100.5),
        photograph(12, 0, '2026-10-01T17:30:00Z', 100.75),
        photograph(12, 1, '2026-10-02T10:00:00Z', 7),
        photograph(12, 1, '2026-10-02T10:30:00Z', 0.25),
        photograph(13, 0, '2026-10-02T10:00:00Z', 1),
        photograph(13, 0, '2026-10-02T10:30:00Z', 1.5),
      ].map(toLine),
    );
  });

  const analyse = () => {
    const { database, eboost, queryFlux, buckets } = world();
    return runAnalysis({
      database,
      eboost,
      queryFlux,
      historyBucket: buckets.history,
      timeZone: 'Asia/Ho_Chi_Minh',
      now: () => NOW,
      signal: new AbortController().signal,
    });
  };
  const table = async () =>
    (
      await world().database.query(`
        SELECT box, day::text, charging_events, customers, billed_kwh, drawn_kwh,
               revenue::float, activation_fee::float, discount::float
          FROM charging_event_day ORDER BY box, day`)
    ).rows.map((row) => Object.values(row).join(' '));

  const FIRST_DAY = '12 2026-10-01 1 1 0.5 0.5 2000 500 0';

  it('counts valid transactions by the business day on which they start, beside the energy drawn on it', async () => {
    expect(await analyse()).to.deep.include({
      mirrored: 6,
      fromDay: '2026-10-01',
      toDay: '2026-10-04',
      rows: 3,
    });
    expect(await table()).to.deep.equal([
      FIRST_DAY,
      '12 2026-10-02 2 2 0.402 0.5 1650 500 100',
      '13 2026-10-02 0 0 0 0.5 0 0 0',
    ]);
  });

  it('changes nothing when nothing has changed', async () => {
    const before = await table();
    expect(await analyse()).to.deep.include({ mirrored: 0, rows: 3 });
    expect(await table()).to.deep.equal(before);
  });

  it('follows corrections, and removes rows that no longer qualify', async () => {
    await world().eboost.query(`
      UPDATE transactions SET total_fee = 1700, updated_at = now() WHERE id = 2;
      UPDATE transactions SET wattage_consumed = 0.001, total_fee = 0, updated_at = now() WHERE id = 3`);
    await world().database.query(
      `INSERT INTO charging_event_day VALUES (14, '2026-10-02', 1, 1, 1, NULL, 1, 1, 1)`,
    );
    expect(await analyse()).to.deep.include({ mirrored: 2 });
    expect(await table()).to.deep.equal([
      FIRST_DAY,
      '12 2026-10-02 1 1 0.4 0.5 1700 500 100',
      '13 2026-10-02 0 0 0 0.5 0 0 0',
    ]);
  });

  it('gives the same table when two processes analyse at the same time', async () => {
    const before = await table();
    await Promise.all([analyse(), analyse()]);
    expect(await table()).to.deep.equal(before);
  });

  it('copies more rows than a page, also when they share one updated_at', async () => {
    await world().eboost.query(`
      INSERT INTO transactions (id, box_unique_id, outlet_unique_id, start_time, updated_at)
      SELECT id, 'Ebox_20', 'Ebox_20_0', '2026-10-02', '2027-01-01' FROM generate_series(1001, 6000) AS id`);
    expect(await analyse()).to.deep.include({ mirrored: 5000 });
    expect(
      (await world().database.query('SELECT count(*)::integer AS count FROM eboost_transaction')).rows,
    ).to.deep.equal([{ count: 5006 }]);
  });
});
