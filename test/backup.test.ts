import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Database } from '../src/postgres/database.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { inScratchDatabase } from '../src/postgres/scratch-database.ts';
import { projectFile } from '../src/project-file.ts';
import { TABLE_POLICIES, TABLES_LEFT_OUT } from '../src/services/backup/table-policy.ts';
import { verifyBackups } from '../src/services/backup/verify.ts';
import { BackupWorld, INSERT_TRANSACTION, NOBODY_WATCHES, photograph } from './backup/backup-world.ts';
import { useWorld } from './fixture/world.ts';

describe('backup, to blob storage', function () {
  this.timeout(60_000);
  const world = useWorld();
  let own: BackupWorld;

  before(async () => {
    own = await BackupWorld.create(world(), 'main');
    const { database, buckets, writeBatch } = world();
    await database.query(INSERT_TRANSACTION, [1, 1000, '2026-10-01']);
    await database.query(INSERT_TRANSACTION, [100_001, 2000, '2026-10-01']);
    await database.query(
      `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 2, 2, 0.4, 0.5, 1650, 500, 100)`,
    );
    await writeBatch(buckets.history, [
      ...photograph('2026-09-01T23:59:59.999Z', 0, 5, '2026-10-05T00:00:00Z'),
      ...photograph('2026-09-02T00:00:00.000Z', 3, 5.25, '2026-10-05T00:00:00Z'),
    ]);
    await writeBatch(buckets.telemetry, ['consumption,box=12,outlet=3 energy_kwh=1.25 1788220800000']);
  });

  /** What all tables hold, in a database of one's own. */
  const onNewDatabase = <T>(work: (database: Database) => Promise<T>) =>
    inScratchDatabase(
      world().servers.postgres.adminUrl,
      undefined,
      `${own.name.replaceAll('-', '_')}_new`,
      pino({ level: 'silent' }),
      async (database) => {
        await migrate(database, projectFile('sql'));
        return await work(database);
      },
    );
  const transactions = async (database: Database) =>
    (
      await database.query(
        'SELECT id::text, total_fee::text AS fee FROM eboost_transaction ORDER BY eboost_transaction.id',
      )
    ).rows.map(({ id, fee }) => `${id} ${fee}`);

  it('has a policy for every table of the schema', async () => {
    const { rows } = await world().database.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`,
    );
    const known = [...TABLE_POLICIES.map(({ table }) => table), ...TABLES_LEFT_OUT].sort();
    expect(known).to.deep.equal(rows.map(({ relname }) => relname));
  });

  it('stores tables by range, and each measurement by day as lines that InfluxDB takes', async () => {
    expect((await own.backUp()).backup).to.equal(1);
    expect(await own.names()).to.include.members([
      'manifests/00000001.json.gz',
      'postgres/eboost_transaction/0-<hash>.csv.gz',
      'postgres/eboost_transaction/1-<hash>.csv.gz',
      'postgres/charging_event_day/2026-10-<hash>.csv.gz',
      'influx/history/photograph/2026-09-01-<hash>.lp.gz',
      'influx/history/write_log/2026-10-05-<hash>.lp.gz',
      'influx/telemetry/consumption/2026-09-01-<hash>.lp.gz',
    ]);
    for await (const { name } of own.container.listBlobsFlat({
      prefix: 'influx/history/photograph/2026-09-01',
    })) {
      const lines = gunzipSync(await own.container.getBlobClient(name).downloadToBuffer()).toString();
      expect(lines.trim().split('\n').sort()).to.deep.equal([
        'photograph,box=12,outlet=0 current_a=5 1788307199999',
        'photograph,box=12,outlet=0 reason="change" 1788307199999',
        'photograph,box=12,outlet=0 status=2i 1788307199999',
      ]);
    }
  });

  it('stores nothing twice', async () => {
    const before = await own.names();
    expect(await own.backUp()).to.include({ backup: 2, stored: 0 });
    expect(await own.names()).to.deep.equal([...before, 'manifests/00000002.json.gz'].sort());
  });

  it('loses no row that commits late, whatever its number and its time', async () => {
    const late = await world().database.connect();
    try {
      await late.query('BEGIN');
      await late.query(INSERT_TRANSACTION, [2, 1, '2026-01-01']);
      await world().database.query(INSERT_TRANSACTION, [3, 1, '2026-10-03']);
      await own.backUp();
      await late.query('COMMIT');
    } finally {
      late.release();
    }
    await own.backUp();
    await onNewDatabase(async (database) => {
      await own.restore(database, { only: 'eboost_transaction' });
      expect(await transactions(database)).to.deep.equal(['1 1000', '2 1', '3 1', '100001 2000']);
    });
  });

  it('follows rows that are changed, removed, and inserted again', async () => {
    const { database } = world();
    await database.query(INSERT_TRANSACTION, [1, 1500, '2026-10-04']);
    await database.query('DELETE FROM eboost_transaction WHERE id IN (2, 3)');
    await database.query('DELETE FROM charging_event_day');
    await own.backUp();
    await database.query(INSERT_TRANSACTION, [3, 33, '2026-10-04']);
    await own.backUp();
    await onNewDatabase(async (target) => {
      await own.restore(target);
      expect(await transactions(target)).to.deep.equal(['1 1500', '3 33', '100001 2000']);
      expect((await target.query('SELECT FROM charging_event_day')).rowCount).to.equal(0);
    });
  });

  it('copies a day again when points come late, and no other day that is over', async () => {
    await world().writeBatch(
      world().buckets.history,
      photograph('2026-09-01T12:00:00Z', 9, 1, '2026-10-05T12:00:00Z'),
    );
    const { stored } = await own.backUp();
    expect(stored, 'the day, and that of write_log').to.equal(2);
    expect(await own.names('influx/history/photograph/2026-09-01')).to.have.length(2);
  });

  it('restores any backup that there is by its time', async () => {
    const early = own.now;
    own.now += 86_400_000;
    await world().database.query(INSERT_TRANSACTION, [50, 5, '2026-10-05']);
    await own.backUp();
    await onNewDatabase(async (target) => {
      await own.restore(target, { only: 'eboost_transaction', atMs: early });
      expect(await transactions(target)).to.not.include('50 5');
      await own.restore(target, { only: 'eboost_transaction' });
      expect(await transactions(target)).to.include('50 5');
    });
  });

  it('keeps what is newer where it restores to, unless it is to overwrite; a dry run changes nothing', async () => {
    await onNewDatabase(async (target) => {
      await target.query(INSERT_TRANSACTION, [1, 9999, '2026-12-01']);
      await target.query(INSERT_TRANSACTION, [3, 1, '2026-01-01']);
      await target.query(INSERT_TRANSACTION, [777, 7, '2026-01-01']);
      const before = await transactions(target);
      const dry = await own.restore(target, { only: 'eboost_transaction', isDryRun: true });
      expect(await transactions(target)).to.deep.equal(before);
      const real = await own.restore(target, { only: 'eboost_transaction' });
      expect(dry.rows).to.equal(real.rows);
      expect(await transactions(target)).to.deep.equal(['1 9999', '3 33', '50 5', '777 7', '100001 2000']);
      expect((await own.restore(target, { only: 'eboost_transaction' })).rows, 'a second time').to.equal(0);
      await own.restore(target, { only: 'eboost_transaction', isOverwriting: true });
      expect(await transactions(target)).to.deep.equal(['1 1500', '3 33', '50 5', '100001 2000']);
    });
  });

  it('goes on with full copies on another database, and sends nothing that is there', async () => {
    await onNewDatabase(async (target) => {
      await own.restore(target, { only: 'eboost_transaction' });
      await own.backUp({}, own.archive(), target);
      const before = await own.names('postgres/eboost_transaction/');
      await own.backUp({ isFull: true }, own.archive(), target);
      expect(await own.names('postgres/eboost_transaction/')).to.deep.equal(before);
    });
    await own.backUp();
  });

  it('verifies that every blob of every backup is as it was stored', async () => {
    const { problems, orphans } = await verifyBackups(own.archive(), NOBODY_WATCHES);
    expect(problems).to.deep.equal([]);
    expect(orphans).to.deep.equal([]);
  });
});
