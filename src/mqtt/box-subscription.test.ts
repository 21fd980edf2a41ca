import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { expect } from 'chai';
import { createLogLines } from '../../test/fixture/log-lines.ts';
import { until } from '../embedded/until.ts';
import { BoxSubscription } from './box-subscription.ts';

const WITHIN_MS = 5000;

describe('BoxSubscription', () => {
  let broker: Aedes;
  let server: Server;
  let subscribed: string[];
  let url: string;
  /** Whether the broker refuses nothing. */
  let isOpen: boolean;

  beforeEach(async () => {
    subscribed = [];
    isOpen = false;
    broker = await Aedes.createBroker({
      authorizeSubscribe: (_client, subscription, done) => {
        const isDenied = subscription.topic === 'SEbox_12' && !isOpen;
        if (!isDenied) subscribed.push(subscription.topic);
        done(null, isDenied ? null : subscription);
      },
    });
    server = createServer(broker.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  async function withSubscription(
    boxes: readonly number[],
    work: (subscription: BoxSubscription, lines: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const { log, lines } = createLogLines();
    const settings = {
      MQTT_URL: url,
      MQTT_CLIENT_ID: 'evida',
      MQTT_TOPIC_PREFIX: '',
      MQTT_USERNAME: undefined,
      MQTT_PASSWORD: undefined,
      MQTT_CA_FILE: undefined,
      MQTT_CERT_FILE: undefined,
      MQTT_KEY_FILE: undefined,
    };
    const subscription = new BoxSubscription(settings, Date.now, log);
    subscription.setBoxes(boxes);
    subscription.connect();
    try {
      await work(subscription, lines);
    } finally {
      await subscription.close();
    }
  }

  it('names the topics that the broker refuses, and listens to all others', async () => {
    const boxes = Array.from({ length: 300 }, (_, index) => index + 10);
    await withSubscription(boxes, async (_subscription, lines) => {
      expect(await until(() => lines.some((line) => line.includes('refuses topics')), WITHIN_MS)).to.equal(
        true,
      );
      expect(lines.find((line) => line.includes('refuses topics'))).to.contain('"topics":["SEbox_12"]');
      expect(new Set(subscribed).size).to.equal(300 * 7 - 1);
    });
  });

  it('asks again for the topics of a box that were refused, when the next list comes', async () => {
    await withSubscription([11, 12], async (subscription, lines) => {
      const isRefused = () => lines.some((line) => line.includes('refuses topics'));
      expect(await until(isRefused, WITHIN_MS)).to.equal(true);
      isOpen = true;
      subscription.setBoxes([11, 12]);
      expect(await until(() => subscribed.includes('SEbox_12'), WITHIN_MS)).to.equal(true);
      expect(subscribed.filter((topic) => topic === 'SEbox_11')).to.have.length(1);
    });
  });

  it('listens to boxes that come, and no more to those that go', async () => {
    await withSubscription([10, 11], async (subscription) => {
      expect(await until(() => subscribed.length === 14, WITHIN_MS)).to.equal(true);
      const unsubscribed: string[] = [];
      broker.on('unsubscribe', (topics) => unsubscribed.push(...topics));
      subscription.setBoxes([11, 13]);
      expect(await until(() => subscribed.length === 21 && unsubscribed.length === 7, WITHIN_MS)).to.equal(
        true,
      );
      expect(subscribed.slice(14).every((topic) => topic.endsWith('Ebox_13'))).to.equal(true);
      expect(unsubscribed.every((topic) => topic.endsWith('Ebox_10'))).to.equal(true);
    });
  });
});
