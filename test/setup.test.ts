import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { TasksAPI } from '@influxdata/influxdb-client-apis';
import { expect } from 'chai';
import pg from 'pg';
import { createWriteBatch } from '../src/influx/write-batch.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

interface SetupResult {
  readonly dryRun: boolean;
  readonly changes: readonly { readonly action: string; readonly what: string }[];
}

describe('evida setup', function () {
  this.timeout(60_000);
  const world = useWorld();
  let directory: string;
  let buckets: { readonly telemetry: string; readonly history: string };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-setup-'));
    buckets = { telemetry: `${world().buckets.telemetry}_new`, history: `${world().buckets.history}_new` };
  });
  after(() => rm(directory, { recursive: true }));

  const environment = (changes: Record<string, string> = {}) => ({
    INFLUX_URL: world().servers.influx.url,
    INFLUX_ADMIN_TOKEN: world().servers.influx.adminToken,
    INFLUX_TELEMETRY_BUCKET: buckets.telemetry,
    INFLUX_HISTORY_BUCKET: buckets.history,
    // An empty database; the one of the world has been migrated already.
    DATABASE_ADMIN_URL: world().eboostUrl,
    AZURE_STORAGE_CONNECTION_STRING: world().servers.blobs.connectionString,
    BACKUP_CONTAINER: `${world().config().BACKUP_CONTAINER}-new`,
    ...changes,
  });
  async function setup(args: readonly string[] = [], changes?: Record<string, string>): Promise<SetupResult> {
    const command = ['setup', '--json', '--secrets', join(directory, 'secrets'), ...args];
    const { code, stdout, stderr } = await runEvida(command, environment(changes));
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }
  const actions = ({ changes }: SetupResult) => [...new Set(changes.map(({ action }) => action))];
  const secret = async (file: string) => (await readFile(join(directory, 'secrets', file), 'utf8')).trim();
  async function asRole(file: string, statement: string): Promise<string> {
    const client = new pg.Client(await secret(file));
    await client.connect();
    try {
      return await client.query(statement).then(
        () => 'done',
        (error) => String(error),
      );
    } finally {
      await client.end();
    }
  }
  const writeAs = async (file: string, bucket: string): Promise<string> => {
    const influx = new InfluxDB({ url: world().servers.influx.url, token: await secret(file) });
    return createWriteBatch(influx, 'evida')(bucket, [
      'photograph,box=1,outlet=0 status=1i 1700000000000',
    ]).then(
      () => 'done',
      (error) => String(error),
    );
  };

  it('says what it would do with --dry-run, twice the same, and does nothing', async () => {
    const first = await setup(['--dry-run']);
    expect(actions(first)).to.deep.equal(['create']);
    expect(await setup(['--dry-run'])).to.deep.equal(first);
  });

  it('makes everything once: another run keeps it all', async () => {
    const done = await setup();
    expect(
      done.changes.map(({ what }) =>
        what.replace(/test_\w+?_eboost/g, 'db').replace(/test_[0-9a-f]+/g, 'test'),
      ),
    ).to.deep.equal([
      'role db_owner, owns the tables',
      'role db_app, reads and changes rows',
      'role db_reader, only reads',
      'schema: 0001-charging-event-day, 0002-energy-increase, view/energy-by-day',
      'rights of db_owner, db_app and db_reader on db',
      'bucket test_telemetry_new, points kept for ever',
      'bucket test_history_new, points kept for ever',
      'task "evida downsample consumption"',
      'InfluxDB token, writer of test_telemetry_new and test_history_new',
      'InfluxDB token, reader of test_telemetry_new and test_history_new',
      `blob container ${world()
        .config()
        .BACKUP_CONTAINER.replace(/test-[0-9a-f]+/, (name) => name)}-new`,
    ]);
    expect(actions(await setup())).to.deep.equal(['keep']);
  });

  it('gives Evida no more rights in Postgres than to change rows, and dashboards none but to read', async () => {
    const insert = `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 1, 1, 1, 1, 1, 1, 1)`;
    expect(await asRole('database-url', insert)).to.equal('done');
    const compute = 'SELECT energy_increase(1, 2)';
    expect(await asRole('database-url', compute)).to.equal('done');
    expect(await asRole('database-reader-url', compute)).to.equal('done');
    expect(await asRole('database-url', 'CREATE TABLE x (id integer)')).to.contain('permission denied');
    expect(await asRole('database-url', 'DELETE FROM migration')).to.contain('permission denied');
    expect(await asRole('database-reader-url', 'SELECT * FROM energy_by_day')).to.equal('done');
    expect(await asRole('database-reader-url', insert)).to.contain('permission denied');
  });

  it('gives Evida a token that writes to the two buckets only, and dashboards one that only reads', async () => {
    expect(await writeAs('influx-token', buckets.history)).to.equal('done');
    expect(await writeAs('influx-token', world().buckets.history)).to.contain('HTTP 403');
    expect(await writeAs('influx-reader-token', buckets.history)).to.contain('HTTP 403');
  });

  it('keeps its secrets from other users', async () => {
    for (const name of ['', 'influx-token', 'database-url']) {
      expect((await stat(join(directory, 'secrets', name))).mode & 0o077, name).to.equal(0);
    }
  });

  it('makes a secret anew when it is not at hand: the old one is of no use any more', async () => {
    const old = { token: await secret('influx-token'), url: await secret('database-url') };
    await Promise.all(['influx-token', 'database-url'].map((name) => rm(join(directory, 'secrets', name))));
    const { changes } = await setup();
    expect(
      changes
        .filter(({ action }) => action === 'update')
        .map(({ what }) => what)
        .join(),
    ).to.match(/password was not at hand.*secret was not at hand/);
    expect(await writeAs('influx-token', buckets.history)).to.equal('done');
    expect(await asRole('database-url', 'SELECT 1')).to.equal('done');
    expect([await secret('influx-token'), await secret('database-url')]).not.to.include.members([
      old.token,
      old.url,
    ]);
  });

  it('updates what differs: a retention, a task', async () => {
    const tasks = new TasksAPI(world().influx);
    const name = 'evida downsample consumption';
    const [task] = (await tasks.getTasks({ org: 'evida', name })).tasks ?? [];
    const { id: taskID = '', flux = '' } = task ?? {};
    await tasks.patchTasksID({ taskID, body: { flux, description: 'changed by hand' } });
    const { changes } = await setup([], { INFLUX_TELEMETRY_RETENTION: '30d' });
    expect(
      changes
        .filter(({ action }) => action === 'update')
        .map(({ what }) => what.replace(/test_[0-9a-f]+/, 'test')),
    ).to.deep.equal(['bucket test_telemetry_new, points kept 30 days', `task "${name}"`]);
  });

  it('names every variable that it lacks, and ends with 78', async () => {
    const { code, stderr } = await runEvida(['setup']);
    expect(code).to.equal(78);
    expect(stderr)
      .to.contain('INFLUX_ADMIN_TOKEN is missing')
      .and.to.contain('DATABASE_ADMIN_URL is missing');
  });
});
