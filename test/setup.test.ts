import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { AuthorizationsAPI, BucketsAPI, OrgsAPI, TasksAPI } from '@influxdata/influxdb-client-apis';
import { expect } from 'chai';
import pg from 'pg';
import { z } from 'zod';
import { collectRows, createQueryFlux } from '../src/influx/query.ts';
import { inScratchBucket } from '../src/influx/scratch-bucket.ts';
import { createWriteBatch } from '../src/influx/write-batch.ts';
import { projectFile } from '../src/project-file.ts';
import { SECRET_FILES } from '../src/setup/secret-files.ts';
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
  let buckets: { readonly telemetry: string; readonly history: string; readonly operations: string };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-setup-'));
    const { telemetry, history, operations } = world().buckets;
    buckets = { telemetry: `${telemetry}_new`, history: `${history}_new`, operations: `${operations}_new` };
  });
  after(() => rm(directory, { recursive: true }));

  const environment = (changes: Record<string, string> = {}) => ({
    INFLUX_URL: world().servers.influx.url,
    INFLUX_ADMIN_TOKEN: world().servers.influx.adminToken,
    INFLUX_TELEMETRY_BUCKET: buckets.telemetry,
    INFLUX_HISTORY_BUCKET: buckets.history,
    INFLUX_OPERATIONS_BUCKET: buckets.operations,
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
  const updates = (changes: SetupResult['changes']) =>
    changes
      .filter(({ action }) => action === 'update')
      .map(({ what }) => what.replace(/test_\w+?_eboost/g, 'db').replace(/test_[0-9a-f]+/g, 'test'));
  const secret = async (file: string) => (await readFile(join(directory, 'secrets', file), 'utf8')).trim();
  /** What becomes of a statement that a role is given, by the address in a file. */
  async function asRole(file: string, statement: string): Promise<string> {
    const client = new pg.Client(await secret(file));
    try {
      await client.connect();
      await client.query(statement);
      return 'done';
    } catch (error) {
      return String(error);
    } finally {
      await client.end();
    }
  }
  const writeAs = async (file: string, bucket: string): Promise<string> => {
    const influx = new InfluxDB({ url: world().servers.influx.url, token: await secret(file) });
    return createWriteBatch(influx, 'evida')(bucket, [
      `photograph,box=1,outlet=0 status=1i ${Date.now()}`,
    ]).then(
      () => 'done',
      (error) => String(error),
    );
  };

  const readAs = async (file: string, bucket: string): Promise<string> => {
    const influx = new InfluxDB({ url: world().servers.influx.url, token: await secret(file) });
    const rows = createQueryFlux(influx, 'evida')(
      `from(bucket: "${bucket}") |> range(start: 0)`,
      z.unknown(),
    );
    return collectRows(rows).then(
      () => 'done',
      (error) => String(error),
    );
  };

  it('says what it would do with --dry-run, twice the same, and does nothing', async () => {
    const first = await setup(['--dry-run']);
    expect(actions(first)).to.deep.equal(['create', 'keep']);
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
      'role db_rehearsal, only makes databases of its own',
      'tables, views and functions, owned by db_owner',
      `schema: ${await schemaFiles()}`,
      'rights of db_app, db_reader and db_rehearsal on db',
      'bucket test_telemetry_new, points kept for ever',
      'bucket test_history_new, points kept for ever',
      'bucket test_operations_new, points kept 30 days',
      'task "evida downsample consumption: test_telemetry_new, test_history_new"',
      'task "evida downsample meter: test_telemetry_new, test_history_new"',
      'InfluxDB token, writer of test_telemetry_new, test_history_new, test_operations_new',
      'InfluxDB token, reader of test_telemetry_new, test_history_new, test_operations_new',
      'InfluxDB token, makes buckets in evida',
      `blob container ${world().config().BACKUP_CONTAINER}-new`,
    ]);
    expect(actions(await setup())).to.deep.equal(['keep']);
  });

  it('gives Evida no more rights in Postgres than to change rows, and dashboards none but to read', async () => {
    const insert = `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 1, 1, 1, 1, 1, 1, 1)`;
    expect(await asRole('database-url', insert)).to.equal('done');
    const compute = 'SELECT energy_increase(1, 2)';
    expect(await asRole('database-url', compute)).to.equal('done');
    expect(await asRole('reader/database-url', compute)).to.equal('done');
    expect(await asRole('database-url', 'CREATE TABLE x (id integer)')).to.contain('permission denied');
    expect(await asRole('database-url', 'DELETE FROM migration')).to.contain('permission denied');
    expect(await asRole('reader/database-url', 'SELECT * FROM energy_by_day')).to.equal('done');
    expect(await asRole('reader/database-url', insert)).to.contain('permission denied');
  });

  it('gives Evida a token that writes to its buckets only, and dashboards one that only reads', async () => {
    expect(await writeAs('influx-token', buckets.history)).to.equal('done');
    expect(await writeAs('influx-token', buckets.operations)).to.equal('done');
    expect(await readAs('reader/influx-token', buckets.operations)).to.equal('done');
    expect(await writeAs('reader/influx-token', buckets.operations)).to.contain('HTTP 403');
    expect(await writeAs('influx-token', world().buckets.history)).to.contain('HTTP 403');
    expect(await writeAs('reader/influx-token', buckets.history)).to.contain('HTTP 403');
    for (const file of ['influx-token', 'reader/influx-token']) {
      expect(await readAs(file, buckets.history), file).to.equal('done');
      expect(await readAs(file, world().buckets.history), file).to.contain('could not find bucket');
    }
  });

  it('gives rehearsals a role that makes databases of its own, and sees nothing of this one', async () => {
    const database = new URL(await secret('rehearsal-database-url')).pathname.slice(1);
    const made = `${database}_rehearsed`;
    const rehearse = (statement: string) => asRole('rehearsal-database-url', statement);
    expect(await rehearse(`CREATE DATABASE ${made}`)).to.equal('done');
    expect(await rehearse(`DROP DATABASE ${made}`)).to.equal('done');
    for (const statement of [
      'SELECT * FROM energy_by_day',
      'CREATE TABLE x (id integer)',
      'CREATE ROLE x',
      `CREATE DATABASE ${made} TEMPLATE ${database}`,
    ])
      expect(await rehearse(statement), statement).to.contain('permission denied');
    expect(await rehearse(`DROP DATABASE ${database}`)).to.match(/must be owner|currently open/);
  });

  it('gives rehearsals a token that makes and uses buckets, and nothing else', async () => {
    const influx = new InfluxDB({
      url: world().servers.influx.url,
      token: await secret('rehearsal-influx-token'),
    });
    const bucket = `${buckets.history}_rehearsed`;
    const done = await inScratchBucket(influx, 'evida', bucket, async () => [
      await writeAs('rehearsal-influx-token', bucket),
      await readAs('rehearsal-influx-token', bucket),
    ]);
    expect(done).to.deep.equal(['done', 'done']);
    const { id: orgID = '' } = (await new OrgsAPI(world().influx).getOrgs({ org: 'evida' })).orgs?.[0] ?? {};
    const permissions = [{ action: 'read' as const, resource: { type: 'tasks' as const, orgID } }];
    for (const refused of [
      () => new AuthorizationsAPI(influx).postAuthorizations({ body: { orgID, permissions } }),
      () => new OrgsAPI(influx).postOrgs({ body: { name: 'other' } }),
    ]) {
      const error: unknown = await refused().catch((reason: unknown) => reason);
      expect(error, String(refused)).to.have.property('statusCode').that.is.oneOf([401, 403]);
    }
    expect((await new TasksAPI(influx).getTasks({ org: 'evida' })).tasks).to.deep.equal([]);
  });

  it('keeps its secrets from other users', async () => {
    const kept = await readdir(join(directory, 'secrets'), { recursive: true });
    expect(kept).to.include.members(Object.keys(SECRET_FILES));
    for (const name of ['', ...kept]) {
      expect((await stat(join(directory, 'secrets', name))).mode & 0o077, name).to.equal(0);
    }
  });

  it('makes a secret anew when it is not at hand: the old one is of no use any more', async () => {
    const old = { token: await secret('influx-token'), url: await secret('database-url') };
    const lost = ['influx-token', 'database-url', 'rehearsal-influx-token', 'rehearsal-database-url'];
    await Promise.all(lost.map((name) => rm(join(directory, 'secrets', name))));
    const { changes } = await setup();
    expect(updates(changes)).to.deep.equal([
      'role db_app, reads and changes rows (its password was not at hand)',
      'role db_rehearsal, only makes databases of its own (its password was not at hand)',
      'InfluxDB token, writer of test_telemetry_new, test_history_new, test_operations_new (its secret was not at hand)',
      'InfluxDB token, makes buckets in evida (its secret was not at hand)',
    ]);
    expect(await writeAs('influx-token', buckets.history)).to.equal('done');
    expect(await asRole('database-url', 'SELECT 1')).to.equal('done');
    await writeFile(join(directory, 'secrets', 'old-url'), old.url);
    await writeFile(join(directory, 'secrets', 'old-token'), old.token);
    expect(await asRole('old-url', 'SELECT 1')).to.contain('password authentication failed');
    expect(await writeAs('old-token', buckets.history)).to.contain('HTTP 401');
  });

  it('keeps what was noted when it was stopped between changing a password and keeping it', async () => {
    const files = (name: string) => join(directory, 'secrets', name);
    await rename(files('database-url'), files('database-url.new'));
    await writeFile(
      files('database-url'),
      (await readFile(files('database-url.new'), 'utf8')).replace(/:[^:@]+@/, ':wrong@'),
    );
    expect(updates((await setup()).changes)).to.deep.equal([]);
    expect(await asRole('database-url', 'SELECT 1')).to.equal('done');
  });

  it('updates what differs: a retention, a task, rights that are missing or too many', async () => {
    const tasks = new TasksAPI(world().influx);
    const name = `evida downsample consumption: ${buckets.telemetry}, ${buckets.history}`;
    const [task] = (await tasks.getTasks({ org: 'evida', name })).tasks ?? [];
    const { id: taskID = '', flux = '' } = task ?? {};
    await tasks.patchTasksID({
      taskID,
      body: { flux: flux.replace('every: 1h', 'every: 2h'), status: 'inactive' },
    });
    const role = (suffix: string) => `${new URL(world().eboostUrl).pathname.slice(1)}_${suffix}`;
    await world().eboost.query(`REVOKE INSERT ON charging_event_day FROM ${role('app')};
                                GRANT DELETE ON charging_event_day TO ${role('reader')};
                                GRANT SELECT ON charging_event_day TO ${role('rehearsal')};
                                ALTER ROLE ${role('rehearsal')} CREATEROLE;
                                ALTER ROLE ${role('reader')} CREATEDB`);
    const { changes } = await setup([], { INFLUX_TELEMETRY_RETENTION: '30d' });
    expect(updates(changes)).to.deep.equal([
      'role db_reader, only reads (it had other powers)',
      'role db_rehearsal, only makes databases of its own (it had other powers)',
      'rights of db_app, db_reader and db_rehearsal on db',
      'bucket test_telemetry_new, points kept 30 days',
      'task "evida downsample consumption: test_telemetry_new, test_history_new"',
    ]);
    expect(actions(await setup([], { INFLUX_TELEMETRY_RETENTION: '30d' }))).to.deep.equal(['keep']);
  });

  it('makes the tokens of an earlier version, which had two buckets, anew, and leaves none of them', async () => {
    const api = new AuthorizationsAPI(world().influx);
    const ofSetUp = async () => {
      const { authorizations = [] } = await api.getAuthorizations({ org: 'evida' });
      return authorizations.filter(({ description = '' }) => description.includes(buckets.history));
    };
    for (const { id = '', orgID, description = '', permissions = [] } of await ofSetUp()) {
      const two = permissions.slice(0, -1);
      await api.deleteAuthorizationsID({ authID: id });
      await api.postAuthorizations({ body: { orgID: orgID ?? '', description, permissions: two } });
    }
    const { changes } = await setup();
    expect(updates(changes).join()).to.match(/writer.*had other rights.*reader.*had other rights/);
    expect(await ofSetUp()).to.have.length(3);
    expect(await writeAs('influx-token', buckets.operations)).to.equal('done');
  });

  it('makes tokens anew whose bucket was made anew', async () => {
    const bucketsApi = new BucketsAPI(world().influx);
    const [bucket] = (await bucketsApi.getBuckets({ org: 'evida', name: buckets.history })).buckets ?? [];
    await bucketsApi.deleteBucketsID({ bucketID: bucket?.id ?? '' });
    const { changes } = await setup();
    expect(updates(changes).filter((what) => what.startsWith('InfluxDB'))).to.deep.equal([
      'InfluxDB token, writer of test_telemetry_new, test_history_new, test_operations_new (it had other rights)',
      'InfluxDB token, reader of test_telemetry_new, test_history_new, test_operations_new (it had other rights)',
    ]);
    expect(await writeAs('influx-token', buckets.history)).to.equal('done');
  });

  it('leaves the tokens of another organisation alone, also for buckets of the same names', async () => {
    const { influx } = world();
    const other = await new OrgsAPI(influx).postOrgs({ body: { name: `other-${buckets.history}` } });
    const all = ['read', 'write'].flatMap((action) =>
      ['buckets', 'authorizations', 'tasks', 'orgs', 'users'].map((type) => ({ action, resource: { type } })),
    );
    const admin = await fetch(new URL('/api/v2/authorizations', world().servers.influx.url), {
      method: 'POST',
      headers: {
        authorization: `Token ${world().servers.influx.adminToken}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ orgID: other.id, description: 'all of other', permissions: all }),
    });
    const { token } = z.object({ token: z.string() }).parse(await admin.json());
    const changes = { INFLUX_ORG: other.name, INFLUX_ADMIN_TOKEN: token };
    await setup(['--secrets', join(directory, 'other')], changes);
    expect(await writeAs('influx-token', buckets.history)).to.equal('done');
  });

  it('gives the same result when two set up at the same time', async () => {
    await Promise.all(['influx-token', 'database-url'].map((name) => rm(join(directory, 'secrets', name))));
    await Promise.all([setup(), setup()]);
    expect(actions(await setup())).to.deep.equal(['keep']);
    expect(await asRole('database-url', 'SELECT 1')).to.equal('done');
  });

  it('takes over a database that Evida itself has made as another role, and brings it up to date', async () => {
    await world().eboost.query(`DELETE FROM migration WHERE name = '0002-energy-increase';
                                DROP FUNCTION energy_increase;
                                ALTER TABLE migration OWNER TO CURRENT_USER;
                                ALTER TABLE charging_event_day OWNER TO CURRENT_USER`);
    const { changes } = await setup();
    expect(updates(changes)[0]).to.contain('owned by db_owner (2 were not)');
    expect(await asRole('database-url', 'SELECT energy_increase(1, 2)')).to.equal('done');
    expect(actions(await setup())).to.deep.equal(['keep']);
  });

  it('tells no password to the server: none stands in its log', async () => {
    const log = await readFile(world().servers.postgres.logFile, 'utf8');
    expect(log).to.contain('LOG');
    for (const name of ['database-url', 'reader/database-url', 'rehearsal-database-url']) {
      expect(log).not.to.contain(new URL(await secret(name)).password);
    }
  });

  it('refuses a directory that others may look into, before anything is made', async () => {
    const open = join(directory, 'open');
    await mkdir(open);
    await chmod(open, 0o755);
    const { code, stderr } = await runEvida(['setup', '--secrets', open], environment());
    expect(code).to.equal(1);
    expect(stderr).to.contain(`other users may look into ${open}`).and.to.contain(`chmod 700 ${open}`);
  });

  it('says in words what Postgres refuses', async () => {
    const url = new URL(world().eboostUrl);
    url.password = 'wrong';
    const { code, stderr } = await runEvida(
      ['setup', '--secrets', join(directory, 'secrets')],
      environment({ DATABASE_ADMIN_URL: url.href }),
    );
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /password authentication failed.*\n +Check user and password in DATABASE_ADMIN_URL/,
    );
    expect(stderr).not.to.contain('    at ');
  });

  it('names every variable that it lacks, and ends with 78', async () => {
    const { code, stderr } = await runEvida(['setup']);
    expect(code).to.equal(78);
    expect(stderr)
      .to.contain('INFLUX_ADMIN_TOKEN is missing')
      .and.to.contain('DATABASE_ADMIN_URL is missing');
  });
});

/** Each migration, then each view, by their names. */
async function schemaFiles(): Promise<string> {
  const names = async (folder: string) =>
    (await readdir(projectFile('sql', folder)))
      .filter((file) => file.endsWith('.sql'))
      .map((file) => file.slice(0, -'.sql'.length))
      .sort();
  const views = await names('views');
  return [...(await names('migrations')), ...views.map((view) => `view/${view}`)].join(', ');
}
