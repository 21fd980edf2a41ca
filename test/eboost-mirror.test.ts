import { expect } from 'chai';
import { compareMirror } from '../src/eboost/compare-mirror.ts';
import { mirrorEboost, noChanges } from '../src/eboost/mirror.ts';
import { until } from '../src/embedded/until.ts';
import { type Connection, inTransaction } from '../src/postgres/database.ts';
import type { Step } from '../src/services/analysis/run-due.ts';
import { analyse, answer, clock, createEboost, insertTransactions, rowsOf } from './fixture/analysis.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');
const NOW = at('2026-10-12T09:30');

describe('the mirror of Eboost', function () {
  this.timeout(30_000);
  const world = useWorld();
  const table = (query: string) => answer(world(), query);
  const days = () =>
    table('SELECT box, day, charging_events AS events, revenue FROM charging_event_day ORDER BY box, day');
  async function run(now = NOW): Promise<{ mirrored: number; done: string[] }> {
    const done: string[] = [];
    const onStep = (step: Step) => void (step.kind === 'done' && done.push(`${step.job} ${step.period}`));
    const { mirrored } = await analyse(world(), now, { onStep });
    return { mirrored, done };
  }

  before(async () => {
    await createEboost(world(), [12]);
    await insertTransactions(
      world(),
      at,
      `
      id user box start            end              kwh fee
      1  1    12  2026-07-02T10:00 2026-07-02T11:00 1   4000
      2  1    12  2026-10-02T10:00 2026-10-02T11:00 1   5000`,
    );
    await run();
  });

  it('copies users, boxes and transactions, and then only what has changed', async () => {
    expect(await table('SELECT count(*) AS rows FROM eboost_user')).to.deep.equal([{ rows: '9' }]);
    expect(await table('SELECT unique_id AS id, district FROM eboost_box')).to.deep.equal(
      rowsOf(`id district\nEbox_12 'District 0'`),
    );
    expect((await run()).mirrored).to.equal(0);
  });

  it('copies more rows than a page, also when they share one updated_at to the microsecond', async () => {
    await world().eboost.query(`
      INSERT INTO transactions (id, box_unique_id, outlet_unique_id, start_time, updated_at)
      SELECT id, 'Ebox_20', 'Ebox_20_0', '2026-10-02', '2026-10-11 00:00:00.123456Z' FROM generate_series(1001, 6000) AS id`);
    expect((await run()).mirrored).to.equal(5000);
    expect(
      await table(
        `SELECT count(*) AS rows, to_char(max(updated_at) AT TIME ZONE 'UTC', 'US') AS us FROM eboost_transaction WHERE id > 1000`,
      ),
    ).to.deep.equal([{ rows: '5000', us: '123456' }]);
  });

  it('makes every period due that a corrected row touches, before and after its correction', async () => {
    await insertTransactions(
      world(),
      at,
      `
      id user box start            end              kwh fee  updated
      1  1    12  2026-08-03T10:00 2026-08-03T11:00 1   4500 2026-10-12T08:00`,
    );
    const { done, mirrored } = await run();
    expect(mirrored).to.equal(1);
    expect(done).to.include.members([
      'charging-event-day 2026-07',
      'charging-event-day 2026-08',
      'charging-event-week 2026-W27',
      'charging-event-week 2026-W32',
      'charging-event-week 2026-W33',
      'charging-pattern 2026-07',
      'customer-month 2026-09',
    ]);
    expect(done).not.to.include('charging-pattern 2026-09');
    expect(await days()).to.deep.equal(
      rowsOf(`
        box day        events revenue
        12  2026-08-03 1      4500
        12  2026-10-02 1      5000`),
    );
  });

  it('finds what committed later than the overlap reaches back with the comparison of the next night', async () => {
    await insertTransactions(
      world(),
      at,
      `
      id user box start            end              kwh fee  updated
      3  1    12  2026-09-02T10:00 2026-09-02T11:00 1   7000 2026-09-02T11:00`,
    );
    expect((await run()).mirrored).to.equal(0);
    expect((await run(at('2026-10-13T00:00'))).mirrored).to.equal(1);
    expect((await days()).map(({ day }) => day)).to.deep.equal(['2026-08-03', '2026-09-02', '2026-10-02']);
  });

  it('finds what was deleted, and what moved to another month without telling', async () => {
    await world().eboost.query(`
      DELETE FROM transactions WHERE id = 2;
      UPDATE transactions SET start_time = start_time - interval '1 month', end_time = end_time - interval '1 month' WHERE id = 3`);
    expect((await run(at('2026-10-14T00:00'))).mirrored).to.equal(2);
    expect((await days()).map(({ day }) => day)).to.deep.equal(['2026-08-02', '2026-08-03']);
    expect(await table('SELECT id FROM eboost_transaction WHERE id < 1000 ORDER BY id')).to.deep.equal(
      rowsOf('id\n1\n3'),
    );
  });

  it('counts what a box billed before it was known, as soon as it is', async () => {
    await insertTransactions(
      world(),
      at,
      `
      id user box start            end              kwh fee  updated
      4  1    30  2026-09-05T10:00 2026-09-05T11:00 1   9000 2026-10-13T11:00`,
    );
    await run(at('2026-10-14T01:00'));
    expect(await table('SELECT transaction_id AS id, problem FROM analysis_problem')).to.deep.equal(
      rowsOf(`id problem\n4 'unknown box'`),
    );
    await world().eboost.query(
      `INSERT INTO boxes (id, unique_id, name, created_at, updated_at) VALUES (30, 'Ebox_30', 'box 30', '2026-09-01', now())`,
    );
    await run(at('2026-10-14T02:00'));
    expect(await table('SELECT * FROM analysis_problem')).to.deep.equal([]);
    expect(
      await table(
        'SELECT month, charging_events AS events FROM charging_box_analysis WHERE box = 30 ORDER BY month',
      ),
    ).to.deep.equal(rowsOf('month events\n2026-09-01 1\n2026-10-01 0'));
  });

  it('keeps a box that is gone at Eboost: what it has billed stays true', async () => {
    const before = await days();
    await world().eboost.query(`DELETE FROM boxes WHERE id = 30`);
    await run(at('2026-10-15T00:00'));
    expect(await days()).to.deep.equal(before);
  });

  it('is not led astray by a row that claims to be of the future', async () => {
    await world().eboost.query(`UPDATE transactions SET updated_at = '2099-01-01' WHERE id = 1`);
    await run(at('2026-10-15T01:00'));
    await world().eboost.query(`UPDATE transactions SET total_fee = 4600, updated_at = now() WHERE id = 3`);
    expect((await run(at('2026-10-15T02:00'))).mirrored).to.equal(1);
  });

  const reads: Record<string, (connection: Connection, signal: AbortSignal) => Promise<unknown>> = {
    copy: (connection, signal) => mirrorEboost(world().eboost, connection, 'UTC', signal),
    comparison: (connection, signal) => compareMirror(world().eboost, connection, 'UTC', signal, noChanges()),
  };
  for (const [what, read] of Object.entries(reads)) {
    it(`gives up the ${what} at once when it is told to, also in the middle of a read`, async () => {
      const { eboost, database } = world();
      const waiting = async () =>
        (await eboost.query(`SELECT FROM pg_locks WHERE NOT granted AND relation = 'transactions'::regclass`))
          .rowCount;
      const reason = new Error('stopped');
      const stopping = new AbortController();
      await inTransaction(eboost, async (holder) => {
        await holder.query('LOCK TABLE transactions');
        const reading = inTransaction(database, (connection) => read(connection, stopping.signal)).catch(
          (error: unknown) => error,
        );
        expect(await until(async () => (await waiting()) === 1, 10_000)).to.equal(true);
        stopping.abort(reason);
        expect(await reading).to.equal(reason);
      });
    });
  }
});
