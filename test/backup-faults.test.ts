import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { Random } from '../src/embedded/fleet/random.ts';
import { until } from '../src/embedded/until.ts';
import { inScratchBucket } from '../src/influx/scratch-bucket.ts';
import type { Database } from '../src/postgres/database.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { inScratchDatabase } from '../src/postgres/scratch-database.ts';
import { projectFile } from '../src/project-file.ts';
import { listBackups } from '../src/services/backup/list-backups.ts';
import { readLatest } from '../src/services/backup/manifest.ts';
import { pruneBackups } from '../src/services/backup/prune.ts';
import { rehearse } from '../src/services/backup/rehearse.ts';
import { verifyBackups } from '../src/services/backup/verify.ts';
import { BackupWorld, INSERT_TRANSACTION, NOBODY_WATCHES, photograph } from './backup/backup-world.ts';
import { type Fault, type StorageProxy, startStorageProxy } from './backup/storage-proxy.ts';
import { type RunningCommand, startEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

/** Rounds of kills at random requests, and what chance begins with: `npm run test:backup -- --kills 20 --seed 7`. */
const KILLS = Number(process.env.EVIDA_BACKUP_KILLS ?? 1);
const SEED = Number(process.env.EVIDA_BACKUP_SEED ?? 0);
const KEY = Buffer.alloc(32, 7).toString('base64');

describe('backup, when things go wrong', function () {
  this.timeout(120_000);
  const world = useWorld();
  let proxy: StorageProxy;

  before(async () => {
    const { database, buckets, writeBatch, servers } = world();
    proxy = await startStorageProxy(servers.blobs.connectionString);
    for (let id = 1; id <= 20; id++) await database.query(INSERT_TRANSACTION, [id, id * 100, '2026-10-01']);
    await writeBatch(
      buckets.history,
      [1, 2, 3, 4].flatMap((day) => photograph(`2026-10-0${day}T08:00:00Z`, day, day)),
    );
  });
  beforeEach(() => {
    proxy.fault = () => undefined;
  });
  after(() => proxy.close());

  const problemsOf = async (own: BackupWorld, key?: string) =>
    (await verifyBackups(own.archive(key), NOBODY_WATCHES)).problems;
  const anyBlob = async (own: BackupWorld, prefix: string) => {
    for await (const { name } of own.container.listBlobsFlat({ prefix })) return name;
    throw new Error(`there is no blob ${prefix}`);
  };
  const onScratch = <T>(
    name: string,
    work: (database: Database, buckets: { telemetry: string; history: string }) => Promise<T>,
  ) => {
    const { servers, influx } = world();
    const own = `${world().buckets.history}_${name}`;
    const buckets = { telemetry: `${own}_t`, history: `${own}_h` };
    return inScratchDatabase(
      servers.postgres.adminUrl,
      undefined,
      own,
      pino({ level: 'silent' }),
      async (database) => {
        await migrate(database, projectFile('sql'));
        return await inScratchBucket(influx, servers.influx.org, buckets.telemetry, () =>
          inScratchBucket(influx, servers.influx.org, buckets.history, () => work(database, buckets)),
        );
      },
    );
  };
  /** Whether the latest backup, restored, is what its source was. */
  const isEqual = async (own: BackupWorld, name: string, key?: string) => {
    const archive = own.archive(key);
    const { differences } = await rehearse(
      archive,
      (_, work) =>
        onScratch(name, async (database, buckets) => {
          return await work(own.target(database, buckets));
        }),
      NOBODY_WATCHES,
    );
    expect(differences).to.deep.equal([]);
  };

  for (const fault of [429, 500, 503, 'cut', 'lost'] as const satisfies readonly Fault[]) {
    it(`stores all of it, once, when storage answers some requests with ${fault}`, async () => {
      const own = await BackupWorld.create(world(), `storage-${fault}`, proxy.connectionString);
      let requests = 0;
      proxy.fault = () => (++requests % 7 === 0 ? fault : undefined);
      await own.backUp();
      proxy.fault = () => undefined;
      const { problems, orphans } = await verifyBackups(own.archive(), NOBODY_WATCHES);
      expect([...problems, ...orphans]).to.deep.equal([]);
      expect((await own.backUp()).stored).to.equal(0);
    });
  }

  for (const conflict of [409, 412] as const) {
    it(`takes what another one has stored meanwhile when storage answers ${conflict}, if it is the same`, async () => {
      const name = `storage-${conflict}`;
      const clean = await BackupWorld.create(world(), name);
      await clean.backUp();
      await clean.container.deleteBlob('manifests/00000001.json.gz');
      const own = await BackupWorld.create(world(), name, proxy.connectionString);
      // Nothing is seen when it is looked for, and all is there when it is stored.
      const looked = new Set<string>();
      proxy.fault = (method, path) => {
        if (path.includes('manifests')) return undefined;
        if (method === 'PUT' && path.includes('comp=blocklist')) return conflict;
        if (method !== 'HEAD' || looked.has(path)) return undefined;
        looked.add(path);
        return 404;
      };
      expect((await own.backUp()).stored).to.equal(0);
      expect(await problemsOf(own)).to.deep.equal([]);
    });
  }

  it('finds a flipped byte, a blob that is gone, and one that is nobody’s; the next backup mends what is gone', async () => {
    const own = await BackupWorld.create(world(), 'damage');
    await own.backUp();
    const flipped = own.container.getBlockBlobClient(await anyBlob(own, 'postgres/eboost_transaction/'));
    const bytes = await flipped.downloadToBuffer();
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const { metadata = {} } = await flipped.getProperties();
    await flipped.uploadData(bytes, { metadata });
    const gone = await anyBlob(own, 'influx/history/photograph/2026-10-01');
    await own.container.deleteBlob(gone);
    const foreign = own.container.getBlockBlobClient('influx/mine.txt');
    await foreign.uploadData(Buffer.from('hello'));

    const { problems, orphans } = await verifyBackups(own.archive(), NOBODY_WATCHES);
    expect(problems).to.have.length(2);
    expect(problems.join())
      .to.contain(`${flipped.name}: it is not as it was stored`)
      .and.to.contain(`${gone}: it is missing`);
    expect(orphans).to.deep.equal([foreign.name]);
    await onScratch('flipped', async (database) => {
      const failure = await own
        .restore(database, { only: 'eboost_transaction' })
        .catch((error: unknown) => error);
      expect(failure).to.include({ code: 'BACKUP_DAMAGED' });
      expect((await database.query('SELECT FROM eboost_transaction')).rowCount).to.equal(0);
    });

    await own.container.deleteBlob(flipped.name);
    await own.backUp();
    expect(await problemsOf(own)).to.deep.equal([]);
    await pruneBackups(own.archive(), { keep: 1, isDryRun: false }, NOBODY_WATCHES);
    expect(await own.names('influx/mine')).to.deep.equal([foreign.name]);
  });

  it('finds a manifest that is missing from the chain, and one that was put in its place', async () => {
    const own = await BackupWorld.create(world(), 'chain');
    for (let count = 0; count < 3; count++) {
      own.now += 1000;
      await own.backUp();
    }
    const second = own.container.getBlockBlobClient('manifests/00000002.json.gz');
    const third = await own.container.getBlobClient('manifests/00000003.json.gz').downloadToBuffer();
    await second.delete();
    expect((await problemsOf(own)).join()).to.contain('manifest 2: it is missing');
    await second.uploadData(third);
    expect((await problemsOf(own)).join()).to.contain('it is manifest 3');
  });

  for (const key of [undefined, KEY]) {
    const how = key === undefined ? 'plain' : 'encrypted';

    it(`restores an earlier backup by its time when the manifest of the latest is damaged, and says so (${how})`, async () => {
      const own = await BackupWorld.create(world(), `latest-${how}`);
      const { database } = world();
      await own.backUp({}, own.archive(key));
      await database.query('INSERT INTO forgotten_customer (id) VALUES (901)');
      for (let count = 0; count < 2; count++) {
        own.now += 1000;
        await own.backUp({}, own.archive(key));
      }
      const early = Date.parse('2026-10-05T12:00:00Z');
      const name = await anyBlob(own, 'manifests/00000003');
      const latest = own.container.getBlockBlobClient(name);
      const bytes = await latest.downloadToBuffer();
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      await latest.uploadData(bytes, { metadata: (await latest.getProperties()).metadata ?? {} });

      const listed = await listBackups(own.archive(key));
      expect(listed.map((one) => ('damaged' in one ? `${one.backup} damaged` : one.backup))).to.deep.equal([
        1,
        2,
        '3 damaged',
      ]);
      expect((await problemsOf(own, key)).join()).to.contain(name);
      await onScratch(`latest_${how}`, async (scratch, buckets) => {
        const restore = (atMs: number) => own.restore(scratch, { atMs }, own.archive(key), buckets);
        const refusal = await restore(Number.POSITIVE_INFINITY).catch((error: unknown) => error);
        expect(refusal, 'the latest').to.have.property(
          'code',
          key === undefined ? 'BACKUP_DAMAGED' : 'BACKUP_KEY',
        );
        expect(await restore(early))
          .to.include({ backup: 1 })
          .and.to.deep.include({ damaged: [3], forgottenUnknown: [3] });
        expect(
          (await scratch.query('SELECT id::integer FROM forgotten_customer')).rows,
          'by backup 2',
        ).to.deep.equal([{ id: 901 }]);
        expect(await restore(own.now)).to.include({ backup: 2 });
        const before = await restore(0).catch((error: unknown) => error);
        expect(before).to.have.property('code', 'BACKUP_ABSENT');
        expect(String(before)).to.contain('damaged, and so of unknown time: 3');
      });
      if (key !== undefined) {
        for (const wrong of [undefined, Buffer.alloc(32, 8).toString('base64')]) {
          const refusal = await listBackups(own.archive(wrong)).catch((error: unknown) => error);
          expect(refusal, 'another key').to.have.property('code', 'BACKUP_KEY');
        }
      }
      await database.query('DELETE FROM forgotten_customer WHERE id = 901');
    });
  }

  it('encrypts names and contents, gives nothing without the key, and nothing with another one', async () => {
    const own = await BackupWorld.create(world(), 'key');
    await own.backUp({}, own.archive(KEY));
    expect((await own.backUp({}, own.archive(KEY))).stored, 'a second time').to.equal(0);
    for await (const { name } of own.container.listBlobsFlat()) {
      const text = (await own.container.getBlobClient(name).downloadToBuffer()).toString('latin1');
      expect(text.startsWith('EVB1'), name).to.equal(true);
    }
    expect(await problemsOf(own, KEY)).to.deep.equal([]);
    for (const wrong of [undefined, Buffer.alloc(32, 8).toString('base64')]) {
      const failure = await readLatest(own.archive(wrong)).catch((error: unknown) => error);
      expect(failure).to.include({ code: 'BACKUP_KEY' });
    }
    await isEqual(own, 'key', KEY);
  });

  it('lets one of two backups that follow the same one exist', async () => {
    const own = await BackupWorld.create(world(), 'two');
    await own.backUp();
    own.now += 1000;
    const first = own.backUp();
    own.now += 1000;
    const both = await Promise.allSettled([first, own.backUp()]);
    const failed = both.filter((outcome) => outcome.status === 'rejected');
    expect(failed.length).to.be.lessThan(2);
    for (const { reason } of failed) expect(reason).to.include({ code: 'BLOB_CONFLICT' });
    expect(await problemsOf(own)).to.deep.equal([]);
    await own.backUp();
    expect(await problemsOf(own)).to.deep.equal([]);
  });

  it('keeps what the last backups need, and only says so unless it is told to', async () => {
    const own = await BackupWorld.create(world(), 'prune');
    for (let count = 1; count <= 3; count++) {
      own.now += 1000;
      await world().database.query('DELETE FROM charging_event_day');
      await world().database.query(
        `INSERT INTO charging_event_day VALUES (12, '2026-10-02', $1, 2, 0.4, 0.5, 1650, 500, 100)`,
        [count],
      );
      await own.backUp();
    }
    const before = await own.names();
    const dry = await pruneBackups(own.archive(), { keep: 2, isDryRun: true }, NOBODY_WATCHES);
    expect(await own.names()).to.deep.equal(before);
    const real = await pruneBackups(own.archive(), { keep: 2, isDryRun: false }, NOBODY_WATCHES);
    expect(real).to.include({ before: 3, kept: 2, removed: 2 });
    expect(dry).to.deep.equal({ ...real, isDryRun: true });
    expect(await problemsOf(own)).to.deep.equal([]);
    await isEqual(own, 'pruned');
  });

  it('stands a clock that goes back: the chain goes on, and what came meanwhile is in it', async () => {
    const own = await BackupWorld.create(world(), 'clock');
    await own.backUp();
    own.now -= 40 * 86_400_000;
    await world().writeBatch(
      world().buckets.history,
      photograph('2026-10-01T09:00:00Z', 5, 5, '2026-08-01T00:00:00Z'),
    );
    await own.backUp();
    expect(await problemsOf(own)).to.deep.equal([]);
    await isEqual(own, 'clock');
  });

  it('removes the database of a rehearsal also as a role that may only make some, while Postgres vacuums it', async () => {
    const { adminUrl } = world().servers.postgres;
    const name = `${world().buckets.history}_vacuumed`;
    const own = new URL(adminUrl);
    [own.username, own.password] = [name, name];
    const admin = new pg.Client(adminUrl);
    await admin.connect();
    const isVacuumed = async () => {
      const workers = `SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'autovacuum worker'`;
      return (await admin.query(workers, [name])).rowCount === 1;
    };
    await admin.query(`ALTER SYSTEM SET autovacuum_naptime = '1s'`);
    await admin.query(`SELECT pg_reload_conf()`);
    await admin.query(`CREATE ROLE ${name} LOGIN CREATEDB PASSWORD '${name}'`);
    try {
      await inScratchDatabase(own.href, undefined, name, pino({ level: 'silent' }), async (database) => {
        await database.query(`
          CREATE TABLE slow WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
              AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 20000);
          DELETE FROM slow`);
        expect(await until(isVacuumed, 60_000), 'vacuumed').to.equal(true);
      });
      const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      expect(rowCount).to.equal(0);
    } finally {
      await admin.query('ALTER SYSTEM RESET autovacuum_naptime');
      await admin.query('SELECT pg_reload_conf()');
      await admin.query(`DROP DATABASE IF EXISTS ${name}`);
      await admin.query(`DROP ROLE ${name}`);
      await admin.end();
    }
  });

  describe('killed at any request to storage', function () {
    this.timeout(300_000);
    const environment = (name: string) =>
      world().environment({
        AZURE_STORAGE_CONNECTION_STRING: proxy.connectionString,
        BACKUP_CONTAINER: `${world().config().BACKUP_CONTAINER}-${name}`,
      });
    /** Runs a command until storage has been asked so often, then kills it. */
    async function killAt(
      requests: number,
      args: readonly string[],
      env: Record<string, string>,
    ): Promise<void> {
      let command: RunningCommand | undefined;
      let count = 0;
      proxy.fault = () => {
        if (++count === requests) command?.child.kill('SIGKILL');
        return undefined;
      };
      command = startEvida(args, env);
      await command.ended;
      proxy.fault = () => undefined;
    }
    const ended = async (args: readonly string[], env: Record<string, string>) => {
      const { code, stdout, stderr } = await startEvida([...args, '--json'], env).ended;
      expect(code, stdout + stderr).to.equal(0);
      return JSON.parse(stdout);
    };

    for (let round = 1; round <= KILLS; round++) {
      it(`a backup is made again, without sending what was stored; pruning and restoring end as if nothing had been (seed ${SEED + round})`, async () => {
        const chance = new Random(SEED + round);
        const env = environment(`killed-${round}`);
        const own = await BackupWorld.create(world(), `killed-${round}`);
        await killAt(chance.whole(2, 21), ['backup', 'run'], env);
        const stored = new Set(await own.names());
        const written = new Set<string>();
        proxy.fault = (method, path) => {
          if (method === 'PUT') written.add(path);
          return undefined;
        };
        await ended(['backup', 'run'], env);
        for (const name of stored)
          expect(
            [...written].some((path) => path.includes(name.split('<hash>')[0] ?? name)),
            name,
          ).to.equal(false);
        await ended(['backup', 'run'], env);
        await killAt(chance.whole(2, 11), ['backup', 'prune', '--keep', '1', '--yes'], env);
        await ended(['backup', 'prune', '--keep', '1', '--yes'], env);
        const { problems, orphans } = await verifyBackups(own.archive(), NOBODY_WATCHES);
        expect([...problems, ...orphans]).to.deep.equal([]);
        await onScratch('restored', async (database, buckets) => {
          const target = {
            ...env,
            DATABASE_URL: world().servers.postgres.databaseUrl(`${world().buckets.history}_restored`),
            INFLUX_TELEMETRY_BUCKET: buckets.telemetry,
            INFLUX_HISTORY_BUCKET: buckets.history,
          };
          await killAt(chance.whole(2, 21), ['backup', 'restore'], target);
          await ended(['backup', 'restore'], target);
          const again = await ended(['backup', 'restore'], target);
          expect(again).to.include({ rows: 0, values: 0 });
          expect((await database.query('SELECT FROM eboost_transaction')).rowCount).to.equal(20);
        });
        expect((await ended(['backup', 'rehearse'], env)).outcome.result).to.include({ equal: true });
      });
    }
  });
});
