import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { expect } from 'chai';
import { connectAsync, type MqttClient } from 'mqtt';
import { EvidaError } from '../errors.ts';
import { hearBoxes } from './hear-boxes.ts';

describe('hearBoxes', () => {
  let broker: Aedes;
  let server: Server;
  let publisher: MqttClient;
  let url: string;
  let isAllowed: boolean;
  let onSubscribed: (() => void) | undefined;

  beforeEach(async () => {
    isAllowed = true;
    onSubscribed = undefined;
    broker = await Aedes.createBroker({
      authorizeSubscribe: (_client, subscription, done) => done(null, isAllowed ? subscription : null),
    });
    broker.on('subscribe', () => onSubscribed?.());
    server = createServer(broker.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    publisher = await connectAsync(url);
  });
  afterEach(async () => {
    await publisher.endAsync();
    await new Promise<void>((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  const settings = (prefix: string) => ({
    MQTT_URL: url,
    MQTT_CLIENT_ID: 'evida',
    MQTT_TOPIC_PREFIX: prefix,
    MQTT_USERNAME: undefined,
    MQTT_PASSWORD: undefined,
    MQTT_CA_FILE: undefined,
    MQTT_CERT_FILE: undefined,
    MQTT_KEY_FILE: undefined,
  });
  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  for (const prefix of ['', 'site-1/', 'site-1/hall-2/', 'site-1/box-']) {
    it(`counts the messages of each box behind the prefix "${prefix}", and nothing else`, async () => {
      await publisher.publishAsync(`${prefix}SEbox_9`, '0-1', { retain: true, qos: 1 });
      onSubscribed = () => {
        for (const topic of ['SEbox_12', 'PMEbox_12', 'SEbox_12', 'AEbox_9', 'Lamp_1', 'SEbox_12/x']) {
          publisher.publish(prefix + topic, 'any');
        }
        publisher.publish('elsewhere/SEbox_13', 'any');
      };
      expect(await hearBoxes(settings(prefix), 500)).to.deep.equal([
        {
          number: 9,
          topics: [
            { topic: 'AEbox_9', messages: 1, retained: 0 },
            { topic: 'SEbox_9', messages: 0, retained: 1 },
          ],
        },
        {
          number: 12,
          topics: [
            { topic: 'PMEbox_12', messages: 1, retained: 0 },
            { topic: 'SEbox_12', messages: 2, retained: 0 },
          ],
        },
      ]);
    });
  }

  it('says that the broker does not allow the wildcard', async () => {
    isAllowed = false;
    const error = await failureOf(hearBoxes(settings('site-1/'), 60_000));
    expect(error).to.be.instanceOf(EvidaError).and.include({ code: 'MQTT_REFUSED', retryable: false });
    expect(String(error)).to.contain('subscribing to site-1/+');
  });

  it('says that the connection was lost while it listened', async () => {
    onSubscribed = () => setImmediate(() => broker.close());
    const error = await failureOf(hearBoxes(settings(''), 60_000));
    expect(error).to.be.instanceOf(EvidaError).and.include({ code: 'MQTT_UNAVAILABLE' });
  });

  it('says that the broker is away', async () => {
    const nowhere = { ...settings(''), MQTT_URL: 'mqtt://127.0.0.1:9' };
    const error = await failureOf(hearBoxes(nowhere, 60_000));
    expect(error).to.be.instanceOf(EvidaError).and.include({ code: 'MQTT_UNAVAILABLE' });
  });
});
