import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import mqtt from 'mqtt';
import { findMosquitto, type MqttServerPart, startMosquitto } from './mosquitto.ts';
import { until } from './until.ts';

describe('startMosquitto', () => {
  let dataDir: string;
  let broker: MqttServerPart;
  let clients: mqtt.MqttClient[];

  before(function () {
    if (findMosquitto() === null) this.skip();
  });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'evida-mosquitto-'));
    clients = [];
    broker = await startMosquitto({ dataDir });
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await broker.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function connect(options: mqtt.IClientOptions): mqtt.MqttClient {
    const { username, password } = broker;
    const client = mqtt.connect(broker.url, {
      username,
      password,
      protocolVersion: 5,
      reconnectPeriod: 0,
      ...options,
    });
    clients.push(client);
    return client;
  }

  it('lets in who knows the password only, and says which version runs', async () => {
    await connected(connect({}));
    const error = await connected(connect({ password: 'wrong' })).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.contains('Not authorized');
    expect(broker.version).to.match(/^\d+\.\d+\.\d+$/);
  });

  it('keeps a session and more than 1000 messages over a restart on the same port', async () => {
    const messages = 1_500;
    const session = { clientId: 'evida', clean: false, properties: { sessionExpiryInterval: 3_600 } };
    const subscriber = connect(session);
    await connected(subscriber);
    await subscriber.subscribeAsync('kept', { qos: 1 });
    await subscriber.endAsync();
    const publisher = connect({});
    await connected(publisher);
    const numbers = Array.from({ length: messages }, (_, index) => index);
    await Promise.all(numbers.map((number) => publisher.publishAsync('kept', String(number), { qos: 1 })));
    await broker.stop();
    const port = Number(new URL(broker.url).port);
    broker = await startMosquitto({ dataDir, port });

    const received: number[] = [];
    connect(session).on('message', (_topic, payload) => received.push(Number(payload.toString())));
    expect(await until(() => received.length === messages, 5_000)).to.equal(true);
    expect(received).to.deep.equal(numbers);
  });
});

describe('findMosquitto', () => {
  it('finds none where there is none', () => {
    expect(findMosquitto([])).to.equal(null);
  });
});

function connected(client: mqtt.MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
}
