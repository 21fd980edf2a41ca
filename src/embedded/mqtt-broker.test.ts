import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { expect } from 'chai';
import mqtt from 'mqtt';
import { type MqttBrokerPart, startMqttBroker } from './mqtt-broker.ts';
import { until } from './until.ts';

describe('startMqttBroker', () => {
  let broker: MqttBrokerPart;
  let clients: mqtt.MqttClient[];
  let seen: string[];

  beforeEach(async () => {
    clients = [];
    seen = [];
    broker = await startMqttBroker({ onClient: (id) => seen.push(id) });
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await broker.stop();
  });

  async function connect(clientId: string, options: mqtt.IClientOptions = {}): Promise<mqtt.MqttClient> {
    const { username, password } = broker;
    const client = mqtt.connect(broker.url, { clientId, username, password, reconnectPeriod: 0, ...options });
    clients.push(client);
    await connected(client);
    return client;
  }

  it('lets in who knows the password, and says who is there', async () => {
    const client = await connect('box-1');
    const error = await connect('stranger', { password: 'wrong' }).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.contains('Not authorized');
    expect(broker.connectedClients()).to.deep.equal(['box-1']);

    await client.endAsync();
    expect(await until(() => broker.connectedClients().length === 0, 2_000)).to.equal(true);
    expect(seen).to.deep.equal(['box-1']);
  });

  it('drops nothing of a burst, and counts what was acknowledged', async () => {
    const messages = 5_000;
    const subscriber = await connect('evida-1', { clean: false });
    const received: number[] = [];
    subscriber.on('message', (_topic, payload) => received.push(Number(payload.toString())));
    await subscriber.subscribeAsync('burst', { qos: 1 });
    const publisher = await connect('box-1');
    const numbers = Array.from({ length: messages }, (_, index) => index);
    await Promise.all(numbers.map((number) => publisher.publishAsync('burst', String(number), { qos: 1 })));

    expect(await until(() => broker.acknowledged('evida-') === messages, 8_000)).to.equal(true);
    expect(received).to.deep.equal(numbers);
    expect(broker.acknowledged('box-')).to.equal(0);
  });

  it('keeps what a persistent session has missed', async () => {
    const session = { clientId: 'evida-1', clean: false };
    const first = await connect('evida-1', session);
    await first.subscribeAsync('kept', { qos: 1 });
    await first.endAsync();
    const publisher = await connect('box-1');
    for (const payload of ['a', 'b']) await publisher.publishAsync('kept', payload, { qos: 1 });

    const received: string[] = [];
    const { username, password } = broker;
    const again = mqtt.connect(broker.url, { ...session, username, password, reconnectPeriod: 0 });
    clients.push(again);
    again.on('message', (_topic, payload) => received.push(payload.toString()));
    expect(await until(() => received.length === 2, 5_000)).to.equal(true);
    expect(received).to.deep.equal(['a', 'b']);
  });

  it('closes every connection when it stops, also one that has said nothing yet', async () => {
    const client = await connect('box-1');
    const silent = connectSocket(Number(new URL(broker.url).port), '127.0.0.1');
    await once(silent, 'connect');
    const gone = Promise.all([
      new Promise((resolve) => client.once('close', () => resolve(undefined))),
      once(silent, 'close'),
    ]);
    await Promise.all([broker.stop(), broker.stop()]);
    await gone;
  });
});

function connected(client: mqtt.MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
}
