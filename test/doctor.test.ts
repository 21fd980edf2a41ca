import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TasksAPI } from '@influxdata/influxdb-client-apis';
import { Aedes, type AedesOptions } from 'aedes';
import { expect } from 'chai';
import pg from 'pg';
import { diagnose } from '../src/doctor/diagnose.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { type EboostApiPart, startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { createEboostDatabase, createReader } from '../src/embedded/eboost/database.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { freePort } from '../src/embedded/free-port.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

describe('evida doctor', function () {
  this.timeout(30_000);
  const world = useWorld();
  let api: EboostApiPart;
  /** With the token and the role that set-up makes. */
  let environment: Record<string, string>;
  /** Nothing listens there. */
  let nobody: string;

  before(async () => {
    const { boxes } = eboostHistory({ boxes: 3, seed: 1, fromMs: 0, toMs: 1, timeZone: 'UTC' });
    nobody = `127.0.0.1:${await freePort()}`;
    api = await startEboostApi({ boxes: () => boxes });
    await createEboostDatabase(world().eboostUrl);
    const reader = await createReader(world().eboostUrl);
    const eboostUrl = new URL(world().eboostUrl);
    eboostUrl.username = reader.user;
    eboostUrl.password = reader.password;
    const made = await setUp();
    const BACKUP_KEY_FILE = join(world().dataDir, 'backup.key');
    await writeFile(BACKUP_KEY_FILE, Buffer.alloc(32, 1).toString('base64'));
    environment = world().environment({
      ...made,
      BACKUP_KEY_FILE,
      EBOOST_API_URL: api.url,
      EBOOST_API_USERNAME: api.username,
      EBOOST_API_PASSWORD: api.password,
      EBOOST_DATABASE_URL: eboostUrl.href,
    });
  });
  after(async () => {
    await removeTasks();
    // The role would outlive the database that it has rights in.
    await world()
      .eboost.query('DROP OWNED BY CURRENT_USER CASCADE')
      .catch(() => undefined);
    await api.stop();
  });

  async function setUp(): Promise<{ INFLUX_TOKEN: string; DATABASE_URL: string }> {
    const directory = await mkdtemp(join(tmpdir(), 'evida-doctor-'));
    try {
      const secrets = join(directory, 'secrets');
      const { code, stderr } = await runEvida(
        ['setup', '--secrets', secrets],
        world().environment({
          INFLUX_ADMIN_TOKEN: world().servers.influx.adminToken,
          DATABASE_ADMIN_URL: world().environment().DATABASE_URL ?? '',
        }),
      );
      expect(code, stderr).to.equal(0);
      const secret = async (file: string) => (await readFile(join(secrets, file), 'utf8')).trim();
      return { INFLUX_TOKEN: await secret('influx-token'), DATABASE_URL: await secret('database-url') };
    } finally {
      await rm(directory, { recursive: true });
    }
  }
  /** Those of set-up would fail for ever when the buckets of this world are gone. */
  async function removeTasks(): Promise<void> {
    const api = new TasksAPI(world().influx);
    const { tasks = [] } = await api.getTasks({ org: world().servers.influx.org, limit: 500 });
    for (const { id, flux } of tasks)
      if (flux.includes(world().buckets.telemetry)) await api.deleteTasksID({ taskID: id });
  }

  const findings = (changes: Record<string, string>, now = Date.now): Promise<Finding[]> =>
    diagnose(world().config({ ...environment, ...changes }), now);
  const faults = async (changes: Record<string, string>, now?: () => number) =>
    (await findings(changes, now)).filter(({ state }) => state === 'fault');
  const warnings = async (changes: Record<string, string>) =>
    (await findings(changes)).filter(({ state }) => state === 'warning');
  const portOf = (url: string) => new URL(url).host;

  it('finds nothing to mend where set-up made the token and the role, says so as JSON, and ends with 0', async () => {
    const { code, stdout, stderr } = await runEvida(['doctor', '--json'], environment);
    expect(code, stdout + stderr).to.equal(0);
    const { ok, findings } = JSON.parse(stdout);
    expect(ok).to.equal(true);
    expect(findings.filter(({ state }: Finding) => state !== 'ok')).to.deep.equal([]);
    expect([...new Set(findings.map(({ part }: Finding) => part))]).to.deep.equal([
      'MQTT broker',
      'InfluxDB',
      'Postgres',
      'Eboost API',
      'Eboost database',
      'Blob storage',
      'Disk',
    ]);
  });

  for (const [variable, part] of [
    ['MQTT_URL', 'MQTT broker'],
    ['INFLUX_URL', 'InfluxDB'],
    ['DATABASE_URL', 'Postgres'],
    ['EBOOST_API_URL', 'Eboost API'],
    ['EBOOST_DATABASE_URL', 'Eboost database'],
  ] as const) {
    it(`names ${part}, and nothing else, when it is away, and the variable to check`, async () => {
      const value = environment[variable] ?? '';
      const found = await faults({ [variable]: value.replace(portOf(value), nobody) });
      expect([...new Set(found.map((finding) => finding.part))]).to.deep.equal([part]);
      expect(found[0]?.what).to.match(/ECONNREFUSED|closed/);
      expect(found[0]?.hint).to.contain(variable);
    });
  }

  it('names blob storage when it is away', async () => {
    const value = world().servers.blobs.connectionString;
    const found = await faults({
      AZURE_STORAGE_CONNECTION_STRING: value.replace(/127\.0\.0\.1:\d+/, nobody),
    });
    expect(found.map(({ part }) => part)).to.deep.equal(['Blob storage']);
  });

  it('says that a token or a password is wrong, and which', async () => {
    const [influx] = await faults({ INFLUX_TOKEN: 'wrong' });
    expect(influx).to.include({ part: 'InfluxDB' });
    expect(influx?.what).to.contain('401');
    const [mqtt] = await faults({ MQTT_PASSWORD: 'wrong' });
    expect(mqtt?.what).to.contain('Not authorized');
    const [eboost] = await faults({ EBOOST_API_PASSWORD: 'wrong' });
    expect(eboost?.hint).to.contain('EBOOST_API_PASSWORD');
  });

  it('says that the clock is off, by how much and which way', async () => {
    const found = await faults({}, () => Date.now() + 120_000);
    expect(found.map(({ part }) => part)).to.deep.equal(['InfluxDB', 'Postgres']);
    // The clock of an HTTP answer has whole seconds.
    for (const { what } of found) expect(what).to.match(/^this machine's clock is 12[01] s ahead of it$/);
  });

  it('says what set-up has not made yet', async () => {
    const found = await faults({
      INFLUX_HISTORY_BUCKET: 'nowhere',
      BACKUP_CONTAINER: 'nowhere',
      DATABASE_URL: world().eboostUrl,
    });
    expect(found.map(({ part, hint }) => `${part}: ${hint}`)).to.deep.equal([
      'InfluxDB: Run `evida setup`, or check INFLUX_TOKEN.',
      'Postgres: Run `evida setup`.',
      'Blob storage: Run `evida setup`.',
    ]);
  });

  it('warns that nobody is told how Evida is where the bucket for that is missing', async () => {
    const all = await findings({ INFLUX_OPERATIONS_BUCKET: 'nowhere' });
    const [missing, excess, ...others] = all.filter(({ state }) => state !== 'ok');
    expect(missing).to.deep.equal({
      part: 'InfluxDB',
      state: 'warning',
      what: 'there is no bucket nowhere that the token may read: what Evida says of itself is not kept',
      hint: 'Run `evida setup`, or check INFLUX_TOKEN.',
    });
    expect(excess?.what).to.contain(world().buckets.operations);
    expect(others).to.deep.equal([]);
  });

  it('names the organisation when there is none of this name, to any token', async () => {
    for (const INFLUX_TOKEN of [environment.INFLUX_TOKEN ?? '', world().servers.influx.adminToken]) {
      const found = await faults({ INFLUX_ORG: 'wrong', INFLUX_TOKEN });
      expect(found.map(({ part, what, hint }) => `${part}: ${what}. ${hint}`)).to.deep.equal([
        'InfluxDB: there is no organisation wrong. Check INFLUX_ORG.',
      ]);
    }
  });

  it('names every right that is missing, and on which table', async () => {
    const role = pg.escapeIdentifier(new URL(environment.DATABASE_URL ?? '').username);
    const { database } = world();
    try {
      await database.query(`REVOKE UPDATE, DELETE ON charging_event_day FROM ${role}`);
      await database.query(`REVOKE SELECT ON loyal_customers FROM ${role}`);
      expect((await faults({})).map(({ part, what }) => `${part}: ${what}`)).to.deep.equal([
        'Postgres: this role lacks UPDATE, DELETE on charging_event_day; SELECT on loyal_customers',
      ]);
    } finally {
      await database.query(`GRANT UPDATE, DELETE ON charging_event_day TO ${role}`);
      await database.query(`GRANT SELECT ON loyal_customers TO ${role}`);
    }
  });

  it('names each topic of a box that the broker refuses', async () => {
    const found = await withBroker(
      {
        authorizeSubscribe: (_client, subscription, done) => {
          const { topic } = subscription;
          done(null, topic.endsWith('/PFEbox_0') || topic.endsWith('/CEbox_0') ? null : subscription);
        },
      },
      (MQTT_URL) => faults({ MQTT_URL }),
    );
    const { topicPrefix } = world();
    expect(found.map(({ part, what }) => `${part}: ${what.replaceAll(topicPrefix, '')}`)).to.deep.equal([
      'MQTT broker: may not be subscribed to: PFEbox_0, CEbox_0',
    ]);
  });

  it('says of each part that accepts connections and never answers, in time, that it did not', async () => {
    const silent = await startSilentServer();
    try {
      const changes: Record<string, string> = {};
      for (const name of [
        'MQTT_URL',
        'INFLUX_URL',
        'DATABASE_URL',
        'EBOOST_API_URL',
        'EBOOST_DATABASE_URL',
      ]) {
        const value = environment[name] ?? '';
        changes[name] = value.replace(portOf(value), silent.host);
      }
      changes.AZURE_STORAGE_CONNECTION_STRING = world().servers.blobs.connectionString.replace(
        /127\.0\.0\.1:\d+/,
        silent.host,
      );
      const startedAt = performance.now();
      const found = await diagnose(world().config({ ...environment, ...changes }), Date.now, 300);
      expect(performance.now() - startedAt).to.be.below(2000);
      const words = 'did not answer within 0.3 s';
      expect(found.map(({ part, state, what }) => [part, state === 'ok' ? 'ok' : what])).to.deep.equal([
        ['MQTT broker', words],
        ['InfluxDB', words],
        ['Postgres', words],
        ['Eboost API', words],
        ['Eboost database', words],
        ['Blob storage', words],
        ['Disk', 'ok'],
      ]);
      const hints = found.map(({ hint }) => hint).join();
      for (const name of Object.keys(changes)) expect(hints).to.contain(name);
    } finally {
      await silent.stop();
    }
  });

  it('warns of a token that may do more than to read and write the three buckets', async () => {
    const found = await warnings({ INFLUX_TOKEN: world().servers.influx.adminToken });
    expect(found.map(({ part }) => part)).to.deep.equal(['InfluxDB']);
    expect(found[0]?.hint).to.contain('evida setup');
  });

  it('warns of backups that leave without being encrypted', async () => {
    const found = await warnings({ BACKUP_KEY_FILE: '' });
    expect(found.map(({ part }) => part)).to.deep.equal(['Blob storage']);
    expect(found[0]?.hint).to.contain('BACKUP_KEY_FILE');
  });

  it('warns of a role that is a superuser', async () => {
    const found = await warnings({ DATABASE_URL: world().environment().DATABASE_URL ?? '' });
    expect(found.map(({ part }) => part)).to.deep.equal(['Postgres']);
    expect(found[0]?.what).to.contain('superuser');
    expect(found[0]?.hint).to.contain('evida setup');
  });

  it('warns of a role that may change what belongs to Eboost', async () => {
    const found = await warnings({ EBOOST_DATABASE_URL: world().eboostUrl });
    expect(found.map(({ part }) => part)).to.deep.equal(['Eboost database']);
  });
});

/** A broker that lets everybody in, with an access list. */
async function withBroker<T>(options: AedesOptions, use: (url: string) => Promise<T>): Promise<T> {
  const aedes = await Aedes.createBroker(options);
  const server = createServer(aedes.handle);
  try {
    return await use(`mqtt://127.0.0.1:${await listen(server)}`);
  } finally {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Accepts connections and never says anything. */
async function startSilentServer(): Promise<{ host: string; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  const host = `127.0.0.1:${await listen(server)}`;
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { host, stop };
}

async function listen(server: Server): Promise<number> {
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}
