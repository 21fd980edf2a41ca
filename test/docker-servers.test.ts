import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { onFreePort } from '../src/embedded/free-port.ts';
import { findMosquitto, type MqttServerPart } from '../src/embedded/mosquitto.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { readLog } from '../src/embedded/server-log.ts';
import { superviseServer } from '../src/embedded/supervise.ts';
import { untilReady } from '../src/embedded/until-ready.ts';
import { openConnection } from '../src/mqtt/open-connection.ts';
import { projectFile } from '../src/project-file.ts';
import {
  type Authority,
  type Certificate,
  createAuthority,
  signCertificate,
} from './fixture/certificates.ts';
import { readCompose, serviceOf } from './fixture/compose.ts';
import { startInfluxd } from './fixture/influxd.ts';
import { createSource, eventually } from './fixture/mqtt-source.ts';

const run = promisify(execFile);
const compose = readCompose('compose.yml');

describe('the servers of docker/compose.yml, as they are configured there', () => {
  let directory: string;
  let secrets: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-docker-servers-'));
    secrets = join(directory, 'secrets');
    await run(projectFile('docker', 'make-secrets.sh'), [secrets]);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const secret = async (name: string) => (await readFile(join(secrets, name), 'utf8')).trim();

  /** Runs what the container of Mosquitto runs, with the directories of the container moved into one of the test. */
  async function startBroker(listener: 'plain' | 'tls', name: string): Promise<MqttServerPart> {
    const home = join(directory, name);
    const config = join(home, 'config');
    await mkdir(join(config, 'listeners'), { recursive: true });
    await mkdir(join(home, 'data'));
    const places: Readonly<Record<string, string>> = {
      '/mosquitto/': home,
      '/tmp/': home,
      '/run/secrets/': secrets,
    };
    const moved = (text: string) =>
      text.replace(/(?<![\w/])\/(mosquitto|tmp|run\/secrets)\//g, (place) => `${places[place]}/`);
    const source = (file: string) => readFile(projectFile('docker', 'mosquitto', file), 'utf8');
    const user = process.getuid?.() === 0 ? 'user root\n' : '';
    await writeFile(join(config, 'mosquitto.conf'), user + moved(await source('mosquitto.conf')));
    await copyFile(projectFile('docker', 'mosquitto', 'acl'), join(config, 'acl'));
    await chmod(join(config, 'acl'), 0o600);
    const [shell = '', flag = '', script = ''] = serviceOf(compose, 'mosquitto').command ?? [];
    const path = `${join(findMosquitto() ?? '', '..')}:${process.env.PATH}`;
    return await onFreePort(async (port) => {
      const text = (await source(`${listener}.conf`)).replace(/listener \d+/, `listener ${port} 127.0.0.1`);
      await writeFile(join(config, 'listeners', 'listener.conf'), moved(text));
      const server = await superviseServer({
        name: 'Mosquitto',
        command: shell,
        args: [flag, moved(script)],
        env: { PATH: path },
        cwd: home,
        logFile: join(home, 'mosquitto.log'),
        stopSignal: 'SIGTERM',
      });
      const version = await untilReady(server, async () => {
        return /mosquitto version (\S+) running/.exec(await readLog(server.logFile))?.[1];
      });
      const url = `${listener === 'tls' ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`;
      const login = { username: 'evida', password: await secret('mqtt-password') };
      return { name: 'Mosquitto', version, address: url, url, ...login, stop: server.stop };
    });
  }

  const settingsOf = (broker: MqttServerPart) => ({
    MQTT_URL: broker.url,
    MQTT_USERNAME: broker.username,
    MQTT_PASSWORD: broker.password,
    MQTT_CLIENT_ID: 'evida',
    MQTT_TOPIC_PREFIX: '',
    MQTT_CA_FILE: undefined,
    MQTT_CERT_FILE: undefined,
    MQTT_KEY_FILE: undefined,
  });

  describe('Mosquitto', () => {
    let broker: MqttServerPart;
    beforeEach(async function () {
      broker = await startBroker('plain', `broker-${this.currentTest?.title.length}`);
    });
    afterEach(() => broker.stop());

    const asBoxes = async () => {
      const login = { MQTT_USERNAME: 'boxes', MQTT_PASSWORD: await secret('boxes-password') };
      return (await openConnection({ ...settingsOf(broker), ...login }, 'Ebox_12', true)).client;
    };

    it('lets Evida hear the boxes and its own marker, which ends what had waited there', async () => {
      const boxes = await asBoxes();
      const first = createSource(broker, 'evida', { settings: { MQTT_TOPIC_PREFIX: '' } });
      first.source.setBoxes([12]);
      first.source.start();
      await eventually('listening', () => first.source.stats.listening);
      await first.source.close(2000);
      await boxes.publishAsync('SEbox_12', 'waited', { qos: 1 });

      const again = createSource(broker, 'evida', { settings: { MQTT_TOPIC_PREFIX: '' } });
      again.source.setBoxes([12]);
      again.source.start();
      await eventually('what had waited', () => again.texts().includes('waited'));
      await boxes.publishAsync('SEbox_12', 'live', { qos: 1 });
      await eventually('what is live', () => again.received.some(({ backlog }) => !backlog));
      expect(again.lines.join('')).not.to.contain('no marker');
      await again.source.close(2000);
      await boxes.endAsync();
    });

    it('takes nothing from Evida but its marker, and tells the boxes nothing', async () => {
      const boxes = await asBoxes();
      const heard: string[] = [];
      boxes.on('message', (topic) => heard.push(topic));
      await boxes.subscribeAsync(['#', 'evida/evida/marker'], { qos: 1 });
      const { client } = await openConnection(settingsOf(broker), 'listener', true);
      const own: string[] = [];
      client.on('message', (topic) => own.push(topic));
      await client.subscribeAsync(['+', 'evida/+/marker', 'other/topic'], { qos: 1 });
      for (const topic of ['SEbox_12', 'evida/other/marker', 'other/topic', 'evida/evida/marker']) {
        // Versions of Mosquitto differ in whether they say no, acknowledge and drop it, or end the connection.
        const { client: writer } = await openConnection(settingsOf(broker), 'evida', true);
        const over = new Promise<void>((resolve) => writer.once('close', () => resolve()));
        await Promise.race([writer.publishAsync(topic, 'x', { qos: 1 }).catch(() => undefined), over]);
        await writer.endAsync(true);
      }
      await boxes.publishAsync('PFEbox_12', 'the last', { qos: 1 });
      await eventually('the last message', () => own.includes('PFEbox_12'));
      expect(own).to.deep.equal(['evida/evida/marker', 'PFEbox_12']);
      expect(heard).to.deep.equal([]);
      await client.endAsync();
      await boxes.endAsync();
    });

    it('lets in nobody without a password', async () => {
      const settings = { ...settingsOf(broker), MQTT_USERNAME: undefined, MQTT_PASSWORD: undefined };
      const refusal = await openConnection(settings, 'stranger', true).catch((error: unknown) => error);
      expect(refusal).to.have.property('code', 'MQTT_UNAVAILABLE');
    });
  });

  describe('Mosquitto of compose.tls.yml', () => {
    let authority: Authority;
    let evida: Certificate;
    let broker: MqttServerPart;

    before(async () => {
      authority = await createAuthority(directory, 'authority');
      const own = await signCertificate(authority, 'mosquitto', ['DNS:mosquitto', 'IP:127.0.0.1']);
      evida = await signCertificate(authority, 'evida', ['DNS:evida']);
      await copyFile(own.certFile, join(secrets, 'mosquitto-cert'));
      await copyFile(own.keyFile, join(secrets, 'mosquitto-key'));
      await copyFile(authority.certFile, join(secrets, 'mosquitto-ca'));
      broker = await startBroker('tls', 'tls');
    });
    after(() => broker.stop());

    it('lets in who has a certificate of its authority and a password, and nobody with a password alone', async () => {
      const settings = { ...settingsOf(broker), MQTT_CA_FILE: authority.cert };
      const withKey = { ...settings, MQTT_CERT_FILE: evida.cert, MQTT_KEY_FILE: evida.key };
      const { client } = await openConnection(withKey, 'evida', true);
      await client.endAsync();
      const refusal = await openConnection(settings, 'evida', true).catch((error: unknown) => error);
      expect(refusal).to.have.property('code', 'MQTT_UNAVAILABLE');
    });
  });

  it('Postgres starts with its settings', async function () {
    this.timeout(60_000);
    const settings = Object.fromEntries(
      (serviceOf(compose, 'postgres').command ?? [])
        .filter((word) => word.includes('='))
        .map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]),
    );
    const dataDir = await mkdtemp(join(tmpdir(), 'evida-docker-postgres-'));
    const postgres = await startPostgres({ dataDir, durable: false, settings });
    expect(postgres.version).to.match(/^18\./);
    expect(serviceOf(compose, 'postgres').image).to.match(/^postgres:18\./);
    await postgres.stop();
    await rm(dataDir, { recursive: true });
  });

  it('influxd knows its flags, and is the version that is pinned', async function () {
    this.timeout(15 * 60_000);
    const { command = [], image } = serviceOf(compose, 'influxdb');
    const dataDir = await mkdtemp(join(directory, 'influxdb-'));
    const influxd = await startInfluxd(dataDir, command.slice(1));
    const health: unknown = await (await fetch(`http://${influxd.address}/health`)).json();
    await influxd.stop();
    expect(health)
      .to.have.property('version')
      .that.matches(new RegExp(`^v?${image.split(':')[1]}`));
  });
});
