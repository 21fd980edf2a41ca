import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InfluxDB } from '@influxdata/influxdb-client';
import { expect } from 'chai';
import { pino } from 'pino';
import { loadConfig } from '../src/config.ts';
import { startBlobStorage } from '../src/embedded/blob-storage.ts';
import { startInfluxDb } from '../src/embedded/influxdb.ts';
import { type MqttServerPart, startMosquitto } from '../src/embedded/mosquitto.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { EvidaError } from '../src/errors.ts';
import { createBuckets, findBucket } from '../src/influx/buckets.ts';
import { createInflux } from '../src/influx/connect.ts';
import { createWriteBatch } from '../src/influx/write-batch.ts';
import { openConnection } from '../src/mqtt/open-connection.ts';
import { connect, connectDatabase } from '../src/postgres/database.ts';
import { openBackups } from '../src/services/open-backup.ts';
import {
  type Authority,
  type Certificate,
  createAuthority,
  signCertificate,
} from './fixture/certificates.ts';
import { type Influxd, startInfluxd } from './fixture/influxd.ts';
import { createSource, eventually } from './fixture/mqtt-source.ts';

const HERE = ['DNS:localhost', 'IP:127.0.0.1'];
const log = pino({ level: 'silent' });

/** What is wrong with a server that must be refused, what is said of it, and what the hint advises. */
const REFUSALS = [
  { wrong: 'of another authority', problem: /self-signed certificate|unable to/, hint: 'CA_FILE' },
  { wrong: 'that has expired', problem: /certificate has expired/, hint: 'Renew the certificate' },
  { wrong: 'for another host', problem: /does not match certificate/, hint: 'Name the server as its' },
] as const;
type Wrong = (typeof REFUSALS)[number]['wrong'];

describe('TLS, with an authority of the test', () => {
  let directory: string;
  let authority: Authority;
  let good: Certificate;
  let bad: Record<Wrong, Certificate>;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-tls-'));
    authority = await createAuthority(directory, 'authority');
    const stranger = await createAuthority(directory, 'stranger');
    good = await signCertificate(authority, 'server', HERE);
    bad = {
      'of another authority': await signCertificate(stranger, 'foreign', HERE),
      'that has expired': await signCertificate(authority, 'expired', HERE, -1),
      'for another host': await signCertificate(authority, 'elsewhere', ['DNS:elsewhere.example']),
    };
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** A directory that the servers' own users may pass through. */
  async function withDirectory(work: (dataDir: string) => Promise<void>): Promise<void> {
    const dataDir = await mkdtemp(join(tmpdir(), 'evida-tls-server-'));
    try {
      await work(dataDir);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }

  describe('of Mosquitto', () => {
    const settingsFor = (broker: MqttServerPart, certificate?: Certificate) => ({
      MQTT_URL: broker.url,
      MQTT_USERNAME: broker.username,
      MQTT_PASSWORD: broker.password,
      MQTT_CLIENT_ID: 'evida',
      MQTT_TOPIC_PREFIX: '',
      MQTT_CA_FILE: authority.cert,
      MQTT_CERT_FILE: certificate?.cert,
      MQTT_KEY_FILE: certificate?.key,
    });

    const withBroker = (
      { certFile, keyFile }: Certificate,
      clientCaFile: string | undefined,
      work: (broker: MqttServerPart) => Promise<void>,
    ) =>
      withDirectory(async (dataDir) => {
        const tls = { certFile, keyFile, ...(clientCaFile !== undefined && { clientCaFile }) };
        const broker = await startMosquitto({ dataDir, tls });
        try {
          await work(broker);
        } finally {
          await broker.stop();
        }
      });

    it('is believed with a certificate that MQTT_CA_FILE vouches for', () =>
      withBroker(good, undefined, async (broker) => {
        const { client } = await openConnection(settingsFor(broker), 'evida', true);
        await client.endAsync();
      }));

    for (const { wrong, problem, hint } of REFUSALS) {
      it(`is refused with a certificate ${wrong}, and the service says why and goes on trying`, () =>
        withBroker(bad[wrong], undefined, async (broker) => {
          const refusal = await refusalOf(openConnection(settingsFor(broker), 'evida', true));
          expectRefusal(refusal, 'MQTT_UNAVAILABLE', problem, hint);

          const { source, lines } = createSource(broker, 'evida', { settings: settingsFor(broker) });
          source.start();
          await eventually('the reason', () =>
            lines.some((line) => problem.test(line) && line.includes(hint)),
          );
          expect(source.stats.connected).to.equal(false);
          await source.close(500);
        }));
    }

    it('lets in who shows a certificate that it trusts, and nobody without one or with that of a stranger', () =>
      withBroker(good, authority.certFile, async (broker) => {
        const own = await signCertificate(authority, 'evida', ['DNS:evida']);
        const { client } = await openConnection(settingsFor(broker, own), 'evida', true);
        await client.endAsync();

        const { source, lines } = createSource(broker, 'evida', { settings: settingsFor(broker) });
        source.start();
        await eventually('the reason', () =>
          lines.some((line) => line.includes('wants a client certificate')),
        );
        await source.close(500);

        const strange = bad['of another authority'];
        const other = createSource(broker, 'evida', { settings: settingsFor(broker, strange) });
        other.source.start();
        await eventually('the reason', () =>
          other.lines.some((line) => line.includes('refuses the client certificate')),
        );
        await other.source.close(500);
      }));
  });

  describe('of Postgres', () => {
    let dataDir: string;
    before(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'evida-tls-postgres-'));
    });
    after(() => rm(dataDir, { recursive: true, force: true }));

    /** Connects as Evida does, once. */
    async function connectWith(url: string, ca?: string): Promise<unknown> {
      const database = connectDatabase(url, 'tls', log, ca);
      try {
        const connection = await connect(database);
        const { rows } = await connection.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
        connection.release();
        return rows[0];
      } finally {
        await database.end();
      }
    }

    async function withPostgres(
      certificate: Certificate | undefined,
      work: (url: string) => Promise<void>,
    ): Promise<void> {
      const options = { dataDir, durable: false };
      const pem = certificate && { cert: certificate.cert, key: certificate.key };
      const postgres = await startPostgres(pem ? { ...options, certificate: pem } : options);
      try {
        await work(postgres.adminUrl);
      } finally {
        await postgres.stop();
      }
    }

    it('is believed with a certificate that DATABASE_CA_FILE vouches for, by name and by address', function () {
      this.timeout(60_000);
      return withPostgres(good, async (url) => {
        expect(await connectWith(url, authority.cert)).to.deep.equal({ ssl: true });
        const byName = url.replace('127.0.0.1', 'localhost');
        expect(await connectWith(byName, authority.cert)).to.deep.equal({ ssl: true });
      });
    });

    it('is checked with DATABASE_CA_FILE whatever sslmode says', () =>
      withPostgres(bad['of another authority'], async (url) => {
        for (const mode of ['disable', 'no-verify', 'verify-full']) {
          const refusal = await refusalOf(connectWith(`${url}?sslmode=${mode}`, authority.cert));
          expectRefusal(refusal, 'POSTGRES_UNAVAILABLE', REFUSALS[0].problem, REFUSALS[0].hint);
        }
      }));

    it('is checked by the address alone with sslmode and sslrootcert', () =>
      withPostgres(good, async (url) => {
        const root = `sslmode=verify-full&sslrootcert=${encodeURIComponent(authority.certFile)}`;
        const byName = url.replace('127.0.0.1', 'localhost');
        expect(await connectWith(`${byName}?${root}`)).to.deep.equal({ ssl: true });
        expectRefusal(
          await refusalOf(connectWith(`${byName}?sslmode=verify-full`)),
          'POSTGRES_UNAVAILABLE',
          REFUSALS[0].problem,
          REFUSALS[0].hint,
        );
      }));

    for (const { wrong, problem, hint } of REFUSALS) {
      it(`is refused with a certificate ${wrong}, and the error says what to do`, () =>
        withPostgres(bad[wrong], async (url) => {
          const refusal = await refusalOf(connectWith(url, authority.cert));
          expectRefusal(refusal, 'POSTGRES_UNAVAILABLE', problem, hint);
        }));
    }

    it('is refused if it does not speak TLS, and the error says so', () =>
      withPostgres(undefined, async (url) => {
        const refusal = await refusalOf(connectWith(url, authority.cert));
        expectRefusal(refusal, 'POSTGRES_UNAVAILABLE', /does not support SSL/, 'Turn on ssl');
      }));
  });

  describe('of InfluxDB', () => {
    let dataDir: string;
    let token: string;
    let org: string;

    before(async function () {
      this.timeout(15 * 60_000);
      dataDir = await mkdtemp(join(tmpdir(), 'evida-tls-influx-'));
      const plain = await startInfluxDb({ dataDir });
      ({ adminToken: token, org } = plain);
      await plain.stop();
    });
    after(() => rm(dataDir, { recursive: true, force: true }));

    const withInflux = async (
      { certFile, keyFile }: Certificate,
      work: (influx: InfluxDB) => Promise<void>,
    ) => {
      const server: Influxd = await startInfluxd(dataDir, ['--tls-cert', certFile, '--tls-key', keyFile]);
      try {
        const settings = { INFLUX_URL: `https://${server.address}`, INFLUX_CA_FILE: authority.cert };
        await work(createInflux(settings, token, 5000));
      } finally {
        await server.stop();
      }
    };

    it('is believed with a certificate that INFLUX_CA_FILE vouches for', () =>
      withInflux(good, async (influx) => {
        expect(await findBucket(influx, org, 'setup')).to.have.property('name', 'setup');
        await createWriteBatch(influx, org)('setup', ['m f=1 1']);
      }));

    for (const { wrong, problem, hint } of REFUSALS) {
      it(`is refused with a certificate ${wrong}, and the errors of reading and writing say what to do`, () =>
        withInflux(bad[wrong], async (influx) => {
          const read = await refusalOf(findBucket(influx, org, 'setup'));
          expectRefusal(read, 'INFLUX_UNAVAILABLE', problem, hint);
          const written = await refusalOf(createWriteBatch(influx, org)('setup', ['m f=1 1']));
          expectRefusal(written, 'INFLUX_UNAVAILABLE', problem, hint);
        }));
    }

    it('is believed by a backup and its rehearsal, as Postgres is', async function () {
      this.timeout(120_000);
      const blobs = await startBlobStorage({ dataDir: join(dataDir, 'blobs'), inMemory: true });
      const postgres = await startPostgres({
        dataDir: join(dataDir, 'postgres'),
        durable: false,
        certificate: good,
      });
      const influx = await startInfluxd(dataDir, ['--tls-cert', good.certFile, '--tls-key', good.keyFile]);
      const config = loadConfig(
        {
          MQTT_URL: 'mqtt://127.0.0.1:9',
          EBOOST_API_URL: 'http://127.0.0.1:9',
          EBOOST_API_USERNAME: 'nobody',
          EBOOST_API_PASSWORD: 'nothing',
          EBOOST_DATABASE_URL: postgres.adminUrl,
          AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString,
          DATA_DIR: join(dataDir, 'data'),
          DATABASE_URL: postgres.adminUrl,
          DATABASE_CA_FILE: authority.certFile,
          INFLUX_URL: `https://${influx.address}`,
          INFLUX_CA_FILE: authority.certFile,
          INFLUX_TOKEN: token,
          INFLUX_ORG: org,
        },
        (path) => readFileSync(path, 'utf8'),
      );
      await createBuckets(createInflux(config, token), config);
      const { backups, prepare, close } = openBackups(config, log);
      const { signal } = new AbortController();
      try {
        await prepare();
        expect(await backups.run(signal)).to.include({ backup: 1 });
        expect(await backups.rehearse(signal)).to.include({ equal: true });
      } finally {
        await close();
        await Promise.all([postgres.stop(), influx.stop(), blobs.stop()]);
      }
    });
  });
});

async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'it was not refused',
    (error: unknown) => error,
  );
}

function expectRefusal(error: unknown, code: string, problem: RegExp, hint: string): void {
  expect(error).to.be.instanceOf(EvidaError).with.property('code', code);
  expect(error).to.have.property('message').that.matches(problem);
  expect(error).to.have.property('hint').that.contains(hint);
}
