import { gunzipSync } from 'node:zlib';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Database } from '../src/postgres/database.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { inScratchDatabase } from '../src/postgres/scratch-database.ts';
import { projectFile } from '../src/project-file.ts';
import { DEFAULT_DEFINITIONS } from '../src/services/analysis/definitions.ts';
import { runAnalysis } from '../src/services/analysis/run-analysis.ts';
import { pruneBackups } from '../src/services/backup/prune.ts';
import { rehearse } from '../src/services/backup/rehearse.ts';
import { BackupWorld, NOBODY_WATCHES } from './backup/backup-world.ts';
import { analyse, answer, clock, createEboost, insertTransactions, rowsOf } from './fixture/analysis.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');
const NOW = at('2026-10-14T12:00');
/** The number, name, invoices and promotion code of the customer; found nowhere else in these tests. */
const CUSTOMER = '471147';
const TRACE = /471147|Lan Nguyen/;
/** What is kept on purpose: the number, so that the rows are known when they are read again, and that they have changed. */
const LISTS = ['forgotten_customer', 'changed_row'];

describe('evida customers forget', function () {
  this.timeout(120_000);
  const world = useWorld();
  let own: BackupWorld;
  let sums: Record<string, unknown>;

  const table = (query: string) => answer(world(), query);
  async function forget(...args: string[]): Promise<{ stdout: string; result: Record<string, unknown> }> {
    const command = ['customers', 'forget', CUSTOMER, ...args];
    const { code, stdout, stderr } = await runEvida(command, world().environment());
    expect(code, stderr).to.equal(0);
    return { stdout, result: args.includes('--json') ? JSON.parse(stdout) : {} };
  }

  /** The tables in which anything tells of the customer. */
  async function traces(database: Database = world().database): Promise<string[]> {
    const { rows } = await database.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`,
    );
    const found: string[] = [];
    for (const { relname } of rows) {
      const content = await database.query(`SELECT kept::text AS row FROM ${relname} AS kept`);
      if (content.rows.some(({ row }) => TRACE.test(row))) found.push(relname);
    }
    return found.filter((name) => !LISTS.includes(name));
  }

  /** Money and energy of all tables that have any, by what they are of; and what each box has earned. */
  async function sumsOf(database: Database = world().database): Promise<Record<string, unknown>> {
    const sum = async (query: string) => (await database.query(query)).rows;
    return {
      mirror: await sum('SELECT count(*), sum(total_fee), sum(wattage_consumed) FROM eboost_transaction'),
      events: await sum(
        'SELECT box, day, count(*), sum(revenue) FROM charging_event GROUP BY 1, 2 ORDER BY 1, 2',
      ),
      days: await sum(
        'SELECT box, day, charging_events, revenue, billed_kwh FROM charging_event_day ORDER BY 1, 2',
      ),
      weeks: await sum('SELECT box, week, charging_events, revenue FROM charging_event_week ORDER BY 1, 2'),
      boxes: await sum(
        'SELECT box, month, charging_events, revenue, utilization_by_events FROM charging_box_analysis ORDER BY 1, 2',
      ),
    };
  }

  const analyseWithReports = () =>
    runAnalysis({
      database: world().database,
      eboost: world().eboost,
      queryFlux: world().queryFlux,
      historyBucket: world().buckets.history,
      reports: {
        connectionString: world().servers.blobs.connectionString,
        container: world().config().BACKUP_CONTAINER,
      },
      timeZone: DEFAULT_DEFINITIONS.TIME_ZONE,
      now: () => Date.parse(NOW),
      signal: new AbortController().signal,
    });

  /** The blobs of a container in which anything tells of the customer, but for the list of who is forgotten. */
  async function blobsThatTell(container: ContainerClient): Promise<string[]> {
    const telling: string[] = [];
    for await (const { name } of container.listBlobsFlat()) {
      const bytes = await container.getBlobClient(name).downloadToBuffer();
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      if (TRACE.test(text) && !name.startsWith('postgres/forgotten_customer/')) telling.push(name);
    }
    return telling;
  }

  before(async () => {
    await createEboost(world(), [12, 13]);
    await world().eboost.query(`INSERT INTO users (id, name) VALUES (${CUSTOMER}, 'Lan Nguyen')`);
    const days = Array.from({ length: 28 }, (_, index) => `2026-09-${String(index + 1).padStart(2, '0')}`);
    await insertTransactions(
      world(),
      at,
      `
      id user box start end kwh fee
      ${days.map((day, index) => `${index + 1} ${CUSTOMER} 12 ${day}T08:00 ${day}T09:00 1.5 5000`).join('\n')}
      ${days.map((day, index) => `${index + 101} 1 12 ${day}T10:00 ${day}T11:00 1.2 4000`).join('\n')}
      201 2 13 2026-09-02T08:00 2026-09-02T09:00 2 7000
      202 ${CUSTOMER} 13 2026-10-02T08:00 2026-10-02T09:00 2 6000`,
    );
    await world().eboost.query(
      `UPDATE transactions SET invoice_id = 'INV-471147-' || id, promotion_code = 'FRIEND-471147' WHERE user_id = ${CUSTOMER}`,
    );
    await analyseWithReports();
    own = await BackupWorld.create(world(), 'forget');
    await own.backUp();
    sums = await sumsOf();
  });

  it('without --yes only says what it would erase', async () => {
    const before = [
      'customer_month',
      'eboost_transaction',
      'eboost_user',
      'judged_transaction',
      'loyal_customers',
    ];
    expect(await traces()).to.deep.equal(before);
    const { stdout } = await forget();
    expect(stdout).to.equal(
      'customer 471147: the name Lan Nguyen, 29 transactions, 2 rows by month; would be forgotten for good: --yes does it\n',
    );
    expect(await traces()).to.deep.equal(before);
  });

  it('erases the customer from the mirror and all tables, and keeps every sum of money and energy', async () => {
    const { result } = await forget('--yes', '--json');
    expect(result).to.deep.equal({
      customer: CUSTOMER,
      name: 'Lan Nguyen',
      transactions: 29,
      months: 2,
      forgottenAt: null,
      isDryRun: false,
    });
    expect(await traces()).to.deep.equal([]);
    expect(await sumsOf()).to.deep.equal(sums);
    await analyseWithReports();
    expect(await sumsOf()).to.deep.equal(sums);
    expect(
      await table(
        `SELECT count(*) AS events, sum(revenue) AS revenue FROM charging_event WHERE customer = 0`,
      ),
    ).to.deep.equal(rowsOf('events revenue\n29 146000'));
  });

  it('counts all forgotten customers as one, and ranks the others without them', async () => {
    expect(
      await table(`SELECT box, day, customers FROM charging_event_day WHERE day = '2026-09-02' ORDER BY box`),
    ).to.deep.equal(rowsOf('box day customers\n12 2026-09-02 2\n13 2026-09-02 1'));
    expect(await table('SELECT customer, rank FROM loyal_customers')).to.deep.equal(
      rowsOf('customer rank\n1 1'),
    );
    expect(await table('SELECT DISTINCT customer FROM customer_month ORDER BY 1')).to.deep.equal(
      rowsOf('customer\n1\n2'),
    );
  });

  it('has the reports of closed months written again', async () => {
    const service = BlobServiceClient.fromConnectionString(world().servers.blobs.connectionString);
    const container = service.getContainerClient(world().config().BACKUP_CONTAINER);
    expect(await blobsThatTell(container)).to.deep.equal([]);
    const report = await container.getBlobClient('reports/2026-09.json').downloadToBuffer();
    expect(JSON.parse(report.toString()).totals.revenue).to.equal(28 * 9000 + 7000);
  });

  it('is a forgotten customer again whenever the mirror reads the rows again, also new ones', async () => {
    await world().eboost.query(`
      UPDATE users SET name = 'Lan Nguyen Thi', updated_at = now() WHERE id = ${CUSTOMER};
      UPDATE transactions SET updated_at = now() WHERE id = 1`);
    await insertTransactions(
      world(),
      at,
      `
      id  user        box start            end              kwh fee  updated
      203 ${CUSTOMER} 13  2026-10-13T08:00 2026-10-13T09:00 2   6000 2026-10-14T12:30`,
    );
    // Those of the next day read everything of Eboost's again: users and boxes, and the months that differ.
    for (const now of ['2026-10-14T13:00', '2026-10-15T01:00', '2026-10-15T02:00'])
      await analyse(world(), at(now));
    expect(await traces()).to.deep.equal([]);
    expect((await analyse(world(), at('2026-10-15T03:00'))).mirrored).to.equal(0);
    await analyse(world(), at('2026-10-15T04:00'), { force: true });
    expect(await traces()).to.deep.equal([]);
    expect(
      await table(`SELECT revenue FROM charging_event_day WHERE box = 13 AND day = '2026-10-13'`),
    ).to.deep.equal(rowsOf('revenue\n6000'));
  });

  it('changes nothing more when it is done twice, and says since when', async () => {
    const { result } = await forget('--yes', '--json');
    expect(result).to.include({ customer: CUSTOMER, name: null, transactions: 0, months: 0 });
    expect(result.forgottenAt).to.match(/^2\d{3}-/);
    expect((await forget()).stdout).to.match(/: no name, 0 transactions, 0 rows by month; forgotten since 2/);
  });

  it('is not undone by the restore of an older backup, also with --overwrite', async () => {
    const early = own.now;
    for (const isOverwriting of [false, true]) {
      await own.restore(world().database, { isOverwriting, atMs: early });
      expect(await traces(), `overwriting: ${isOverwriting}`).to.deep.equal([]);
    }
    expect(await table('SELECT id FROM forgotten_customer')).to.deep.equal(rowsOf(`id\n${CUSTOMER}`));
    expect(await sumsOf(), 'as of that backup').to.deep.equal(sums);
  });

  it('is not undone on a new machine, where a newer backup names who was forgotten', async () => {
    const early = own.now;
    own.now += 86_400_000;
    await own.backUp();
    await inScratchDatabase(
      world().servers.postgres.adminUrl,
      undefined,
      `${own.name.replaceAll('-', '_')}_new`,
      pino({ level: 'silent' }),
      async (database) => {
        await migrate(database, projectFile('sql'));
        await own.restore(database, { atMs: early, only: 'eboost_user' });
        await own.restore(database, { atMs: early });
        expect(await traces(database)).to.deep.equal([]);
        expect(await sumsOf(database)).to.deep.equal(sums);
      },
    );
  });

  it('leaves no blob that tells of the customer once older backups are pruned', async () => {
    expect(await blobsThatTell(own.container)).not.to.deep.equal([]);
    await pruneBackups(own.archive(), { keep: 1, isDryRun: false }, NOBODY_WATCHES);
    expect(await blobsThatTell(own.container)).to.deep.equal([]);
    const { equal } = await inScratchDatabase(
      world().servers.postgres.adminUrl,
      undefined,
      `${own.name.replaceAll('-', '_')}_trial`,
      pino({ level: 'silent' }),
      async (database) => {
        await migrate(database, projectFile('sql'));
        return await rehearse(
          own.archive(),
          (_, work) => work(own.target(database, world().buckets)),
          NOBODY_WATCHES,
        );
      },
    );
    expect(equal, 'a rehearsal of what is left').to.equal(true);
  });

  it('takes a number of Eboost only: else it ends with 2', async () => {
    for (const id of ['0', '-1', 'Lan', '1e3', '']) {
      const { code, stderr } = await runEvida(
        ['customers', 'forget', '--yes', '--', id],
        world().environment(),
      );
      expect(code, stderr).to.equal(2);
    }
  });

  it('ends with 69 when Postgres is away', async () => {
    const environment = world().environment({ DATABASE_URL: 'postgres://evida:secret@127.0.0.1:9/evida' });
    const { code, stderr } = await runEvida(['customers', 'forget', CUSTOMER, '--yes'], environment);
    expect(code, stderr).to.equal(69);
  });
});
