import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { Aedes } from 'aedes';
import { expect } from 'chai';
import { type Authority, createAuthority } from '../../test/fixture/certificates.ts';
import { createSource, eventually, type SourceUnderTest } from '../../test/fixture/mqtt-source.ts';
import type { MqttServerPart } from '../embedded/mosquitto.ts';

describe('MqttSource, over TLS', () => {
  let directory: string;
  /** It vouches for itself. */
  let certificate: Authority;
  let broker: Aedes;
  let server: Server;
  let part: MqttServerPart;
  let source: SourceUnderTest;
  let clients: TLSSocket[];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-certificate-'));
    certificate = await createAuthority(directory, 'localhost');
  });
  after(() => rm(directory, { recursive: true }));
  beforeEach(async () => {
    clients = [];
    broker = await Aedes.createBroker();
    const { cert, key } = certificate;
    const options = { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false };
    server = createServer(options, (socket) => {
      clients.push(socket);
      broker.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const address = server.address();
    const url = `mqtts://localhost:${typeof address === 'object' ? address?.port : 0}`;
    const login = { username: 'evida', password: 'evida' };
    part = { name: 'aedes', version: '', address: url, url, ...login, stop: () => Promise.resolve() };
  });
  afterEach(async () => {
    await source.source.close(500);
    await new Promise<void>((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  it('listens to a broker that the given certificates vouch for', async () => {
    source = createSource(part, 'evida', { settings: { MQTT_CA_FILE: certificate.cert } });
    source.source.setBoxes([1]);
    source.source.start();
    await eventually('listening', () => source.source.stats.listening);
    const message = { cmd: 'publish', qos: 1, dup: false, retain: false } as const;
    broker.publish({ ...message, topic: 'evida/SEbox_1', payload: '0-1' }, () => undefined);
    await eventually('a message', () => source.received.length === 1);
    expect(clients.at(-1)?.authorized).to.equal(false);
  });

  it('shows its own certificate, also where the address does not ask for TLS', async () => {
    const settings = {
      MQTT_URL: part.url.replace('mqtts', 'mqtt'),
      MQTT_CA_FILE: certificate.cert,
      MQTT_CERT_FILE: certificate.cert,
      MQTT_KEY_FILE: certificate.key,
    };
    source = createSource(part, 'evida', { settings });
    source.source.start();
    await eventually('a connection', () => source.source.stats.connected);
    expect(clients.at(-1)?.authorized).to.equal(true);
  });

  it('does not talk to a broker that nobody vouches for, and says so', async () => {
    source = createSource(part, 'evida');
    source.source.start();
    await eventually('some attempts', () => source.source.stats.lastFailure !== undefined);
    expect(source.source.stats.lastFailure).to.contain('self-signed certificate');
    expect(source.events).to.deep.equal([]);
  });

  it('says that a certificate cannot be read', async () => {
    source = createSource(part, 'evida', {
      settings: { MQTT_CERT_FILE: 'no certificate', MQTT_KEY_FILE: 'no key' },
    });
    source.source.start();
    await eventually('a failure', () => source.source.stats.lastFailure !== undefined);
    expect(source.source.stats.lastFailure).to.match(/PEM|DECODER/);
  });
});
