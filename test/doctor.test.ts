import { expect } from 'chai';
import { diagnose } from '../src/doctor/diagnose.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { type EboostApiPart, startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { createEboostDatabase, createReader } from '../src/embedded/eboost/database.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { freePort } from '../src/embedded/free-port.ts';
import { openContainer } from '../src/services/backup/container.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

describe('evida doctor', function () {
  this.timeout(30_000);
  const world = useWorld();
  let api: EboostApiPart;
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
    environment = world().environment({
      EBOOST_API_URL: api.url,
      EBOOST_API_USERNAME: api.username,
      EBOOST_API_PASSWORD: api.password,
      EBOOST_DATABASE_URL: eboostUrl.href,
    });
    await openContainer(world().servers.blobs.connectionString, world().config().BACKUP_CONTAINER);
  });
  after(async () => {
    // The role would outlive the database that it has rights in.
    await world()
      .eboost.query('DROP OWNED BY CURRENT_USER CASCADE')
      .catch(() => undefined);
    await api.stop();
  });

  const findings = (changes: Record<string, string>, now = Date.now): Promise<Finding[]> =>
    diagnose(world().config({ ...environment, ...changes }), now);
  const faults = async (changes: Record<string, string>, now?: () => number) =>
    (await findings(changes, now)).filter(({ state }) => state === 'fault');
  const portOf = (url: string) => new URL(url).host;

  it('finds everything well, as JSON, and ends with 0', async () => {
    const { code, stdout, stderr } = await runEvida(['doctor', '--json'], environment);
    expect(code, stdout + stderr).to.equal(0);
    const { ok, findings } = JSON.parse(stdout);
    expect(ok).to.equal(true);
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
      'Postgres: Run `evida setup`.',
      'Blob storage: Run `evida setup`.',
    ]);
  });

  it('warns of a role that may change what belongs to Eboost', async () => {
    const found = await findings({ EBOOST_DATABASE_URL: world().eboostUrl });
    expect(found.filter(({ state }) => state === 'warning').map(({ part }) => part)).to.deep.equal([
      'Eboost database',
    ]);
  });
});
