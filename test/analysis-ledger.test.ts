import { expect } from 'chai';
import { z } from 'zod';
import { until } from '../src/embedded/until.ts';
import { EvidaError } from '../src/errors.ts';
import { listPeriods } from '../src/postgres/job-ledger.ts';
import type { Step } from '../src/services/analysis/run-due.ts';
import {
  analyse,
  answer,
  clock,
  contents,
  createEboost,
  insertTransactions,
  photographLines,
} from './fixture/analysis.ts';
import { runEvida, startEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');
const NOW = at('2026-10-12T09:30');

/** What `evida analyze --checksums --json` prints. */
const Analysed = z.object({
  outcome: z.object({ result: z.object({ periods: z.number() }) }),
  tables: z.record(z.string(), z.object({ rows: z.number(), checksum: z.string() })),
});

describe('the ledger of the analysis', function () {
  this.timeout(60_000);
  const world = useWorld();

  before(async () => {
    await createEboost(world(), [12]);
    await insertTransactions(
      world(),
      at,
      `
      id user box outlet start            end              kwh fee
      1  1    12  0      2026-08-20T10:00 2026-08-20T11:00 1   4000
      2  1    12  0      2026-10-02T10:00 2026-10-02T11:00 1   4000`,
    );
    await world().writeBatch(
      world().buckets.history,
      photographLines(
        at,
        `
        box outlet at               status kwh
        12  0      2026-08-20T09:00 0      10
        12  0      2026-08-20T10:00 2      10
        12  0      2026-08-20T11:00 0      11
        12  0      2026-10-02T10:00 2      11
        12  0      2026-10-02T11:00 0      12`,
      ),
    );
  });

  afterEach(() => world().database.query('ALTER TABLE charging_pattern DROP CONSTRAINT IF EXISTS broken'));

  async function reset(): Promise<void> {
    await world().database.query(`TRUNCATE job_run, analysis_setting, eboost_transaction, eboost_user, eboost_box, judged_transaction,
      charging_session, box_hour, energy_outside_session, outlet_installation, outlet_known, charging_event_day, charging_event_week,
      charging_box_analysis, charging_pattern, customer_month, loyal_customers`);
  }
  const recorded = async (now: string, selection = {}) => {
    const steps: Step[] = [];
    const result = await analyse(world(), now, { ...selection, onStep: (step) => steps.push(step) }).catch(
      (error: unknown) => error,
    );
    return { steps, result };
  };
  const named = (steps: readonly Step[], kind: Step['kind']) =>
    steps.filter((step) => step.kind === kind).map(({ job, period }) => `${job} ${period}`);
  const failed = async () => (await listPeriods(world().database)).filter(({ state }) => state === 'failed');

  it('does every period from the first that has anything to the open one, in the order of time', async () => {
    const { steps } = await recorded(NOW);
    expect(named(steps, 'done').filter((name) => name.startsWith('charging-session'))).to.deep.equal([
      'charging-session 2026-08',
      'charging-session 2026-09',
      'charging-session 2026-10',
    ]);
    expect((await listPeriods(world().database)).filter(({ state }) => state !== 'done')).to.deep.equal([]);
  });

  it('does only open periods again when nothing has changed, and they stay as they are', async () => {
    const before = await contents(world());
    const { steps } = await recorded(NOW);
    expect(named(steps, 'done'))
      .to.include('charging-session 2026-10')
      .and.not.to.include('charging-session 2026-09');
    expect(await contents(world())).to.deep.equal(before);
  });

  it('does all again by force, with the same result', async () => {
    const before = await contents(world());
    const { steps } = await recorded(NOW, { force: true });
    expect(named(steps, 'done')).to.include.members(['charging-session 2026-08', 'customer-month 2026-08']);
    expect(await contents(world())).to.deep.equal(before);
  });

  it('does only the job and the days that it is asked for', async () => {
    const days = { fromDay: '2026-08-01', toDay: '2026-09-01' };
    const { steps } = await recorded(NOW, { job: 'charging-pattern', force: true, days });
    expect(named(steps, 'done')).to.deep.equal(['charging-pattern 2026-08']);
    const { result } = await recorded(NOW, { job: 'coffee' });
    expect(result).to.be.instanceOf(EvidaError).with.property('code', 'ANALYSIS_JOB');
  });

  it('tells of a failed period, does the others, and does it with the next run', async () => {
    await reset();
    await world().database.query(
      'ALTER TABLE charging_pattern ADD CONSTRAINT broken CHECK (false) NOT VALID',
    );
    const { steps, result } = await recorded(NOW);
    expect(named(steps, 'failed')).to.deep.equal(['charging-pattern 2026-08', 'charging-pattern 2026-10']);
    expect(named(steps, 'done')).to.include('loyal-customers 2026-10');
    expect(result).to.be.instanceOf(EvidaError).with.property('code', 'ANALYSIS_FAILED');
    expect((await failed())[0]).to.deep.include({ job: 'charging-pattern', attempts: 1 });
    const jobs = await runEvida(['jobs'], world().environment());
    expect(jobs.stdout).to.contain('failed 1 times').and.to.contain('"broken"');
    expect(jobs.code).to.equal(1);

    await recorded(NOW);
    expect((await failed())[0]).to.deep.include({ attempts: 2 });
    await world().database.query('ALTER TABLE charging_pattern DROP CONSTRAINT broken');
    await recorded(NOW);
    expect(await failed()).to.deep.equal([]);
    expect(await answer(world(), 'SELECT count(*) AS rows FROM charging_pattern')).to.deep.equal([
      { rows: '2' },
    ]);
  });

  it('holds back what depends on a failed period', async () => {
    await reset();
    await world().database.query(
      'ALTER TABLE charging_session ADD CONSTRAINT broken CHECK (false) NOT VALID',
    );
    try {
      const { steps } = await recorded(NOW);
      expect(steps.filter(({ kind }) => kind === 'waits')).to.deep.include({
        kind: 'waits',
        job: 'transaction-match',
        period: '2026-08',
        for: 'charging-session 2026-08',
      });
      expect(named(steps, 'done'))
        .to.include('judged-transaction 2026-08')
        .and.not.to.include('charging-event-day 2026-08');
    } finally {
      await world().database.query('ALTER TABLE charging_session DROP CONSTRAINT broken');
    }
    await recorded(NOW);
    expect(await failed()).to.deep.equal([]);
  });

  it('two runners at once do no period twice, and give the same tables as one', async () => {
    const before = await contents(world());
    await reset();
    const runs = await Promise.all([recorded(NOW), recorded(NOW)]);
    const done = runs
      .flatMap(({ steps }) => named(steps, 'done'))
      .filter((name) => name.startsWith('charging-session'));
    expect(done.sort()).to.deep.equal([...new Set(done)]);
    expect(await contents(world())).to.deep.equal(before);
  });

  it('leaves nothing half done when it is killed in the middle, and does it again', async () => {
    const before = await contents(world());
    await reset();
    const holder = await world().database.connect();
    try {
      await holder.query('BEGIN');
      // Sessions are written before hours are, in the same transaction.
      await holder.query('LOCK TABLE box_hour IN EXCLUSIVE MODE');
      const running = startEvida(['analyze'], world().environment());
      const isWaiting = async () =>
        (
          await holder.query(
            `SELECT FROM pg_locks WHERE NOT granted AND relation = 'box_hour'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          )
        ).rowCount === 1;
      expect(await until(isWaiting, 30_000), running.output().stderr).to.equal(true);
      running.child.kill('SIGKILL');
      await running.ended;
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    const isLetGo = async () => !(await listPeriods(world().database)).some(({ isHeld }) => isHeld);
    expect(await until(isLetGo, 10_000)).to.equal(true);
    expect(await answer(world(), 'SELECT count(*) AS rows FROM charging_session')).to.deep.equal([
      { rows: '0' },
    ]);
    const jobs = await runEvida(['jobs'], world().environment());
    expect(jobs.stdout).to.match(/charging-session +2026-08 +interrupted/);
    await recorded(NOW);
    expect(await contents(world())).to.deep.equal(before);
  });

  it('a machine that slept for months catches up once, in order', async () => {
    await reset();
    await recorded(at('2026-08-25T00:00'));
    const { steps } = await recorded(NOW);
    expect(named(steps, 'done').filter((name) => name.startsWith('customer-month'))).to.deep.equal([
      'customer-month 2026-08',
      'customer-month 2026-09',
      'customer-month 2026-10',
    ]);
    expect(await answer(world(), 'SELECT month, state FROM customer_month ORDER BY month')).to.deep.equal([
      { month: '2026-08-01', state: 'new' },
      { month: '2026-09-01', state: 'inactive' },
      { month: '2026-10-01', state: 'returning' },
    ]);
  });

  it('a clock that jumps ahead and back leaves nothing of the future behind', async () => {
    const before = await contents(world());
    await recorded(at('2027-01-20T00:00'));
    expect(await answer(world(), 'SELECT max(month) AS month FROM customer_month')).to.deep.equal([
      { month: '2027-01-01' },
    ]);
    await recorded(NOW);
    expect(await contents(world())).to.deep.equal(before);
  });

  it('a number of the definitions that changes makes every period due', async () => {
    await analyse(world(), NOW, {}, { HIGH_ENERGY_KWH: 0.5 });
    expect(
      await answer(world(), 'SELECT DISTINCT energy FROM customer_month WHERE charging_events > 0'),
    ).to.deep.equal([{ energy: 'High' }]);
    await recorded(NOW);
  });

  it('gives the same checksum of every table when the same days are done twice', async () => {
    const days = ['--from', '2026-08-01', '--to', '2026-08-31', '--force', '--checksums', '--json'];
    const checksums = async () => {
      const { stdout, stderr, code } = await runEvida(['analyze', ...days], world().environment());
      expect(code, stderr).to.equal(0);
      return Analysed.parse(JSON.parse(stdout));
    };
    const once = await checksums();
    expect(once.outcome.result.periods).to.be.greaterThan(10);
    // Two transactions in as many months make nobody loyal.
    const filled = Object.entries(once.tables).filter(([, { rows }]) => rows > 0);
    expect(filled.map(([table]) => table)).to.have.members([
      'charging_session',
      'charging_event_day',
      'charging_event_week',
      'charging_box_analysis',
      'charging_pattern',
      'customer_month',
    ]);
    expect((await checksums()).tables).to.deep.equal(once.tables);
  });
});
