import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import mqtt, { type MqttClient } from 'mqtt';
import type { Config } from '../src/config.ts';
import { type EboostApiPart, startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { until } from '../src/embedded/until.ts';
import type { Log } from '../src/log.ts';
import { Evida } from '../src/services/evida.ts';
import { createForwarder, type Forwarder } from './fixture/forwarder.ts';
import { createLogLines } from './fixture/log-lines.ts';
import { readPhotographs } from './fixture/photographs.ts';
import { useWorld } from './fixture/world.ts';

const WITHIN_MS = 15_000;
const { boxes } = eboostHistory({ boxes: 3, seed: 1, fromMs: 0, toMs: 1, timeZone: 'UTC' });

describe('telemetry, from the broker to InfluxDB', function () {
  this.timeout(30_000);
  const world = useWorld();
  let api: EboostApiPart;
  let publisher: MqttClient;
  let forwarders: { readonly broker: Forwarder; readonly influx: Forwarder };
  let config: Config;
  let evida: Evida;
  let log: Log;
  let lines: string[];

  beforeEach(async () => {
    const { broker, influx } = world().servers;
    api = await startEboostApi({ boxes: () => boxes });
    publisher = await mqtt.connectAsync(broker.url, { username: broker.username, password: broker.password });
    forwarders = {
      broker: await createForwarder(Number(new URL(broker.url).port)),
      influx: await createForwarder(Number(new URL(influx.url).port)),
    };
    ({ log, lines } = createLogLines());
    const id = randomBytes(4).toString('hex');
    config = world().config({
      ROLES: 'photograph,utilization',
      DATA_DIR: join(world().dataDir, id),
      MQTT_CLIENT_ID: `evida-${id}`,
      MQTT_URL: `mqtt://127.0.0.1:${forwarders.broker.port}`,
      INFLUX_URL: `http://127.0.0.1:${forwarders.influx.port}`,
      EBOOST_API_URL: api.url,
      EBOOST_API_USERNAME: api.username,
      EBOOST_API_PASSWORD: api.password,
      PHOTOGRAPH_SETTLE: '50ms',
      PHOTOGRAPH_SETTLE_MAX: '200ms',
      UTILIZATION_INTERVAL: '100ms',
    });
    evida = new Evida(config, log);
  });
  afterEach(async () => {
    await evida.stop();
    await publisher.endAsync();
    await Promise.all([forwarders.broker.close(), forwarders.influx.close(), api.stop()]);
    await until(() => world().servers.broker.connectedClients().length === 0, WITHIN_MS);
  });

  const publish = (topic: string, payload: string) =>
    publisher.publishAsync(world().topicPrefix + topic, payload, { qos: 1 });
  const waitFor = async (what: string, condition: () => boolean | Promise<boolean>) =>
    expect(
      await until(condition, WITHIN_MS),
      `${what}; ${JSON.stringify(evida.status())}; last lines: ${lines.slice(-8).join('\n')}`,
    ).to.equal(true);
  const isListening = () => evida.status().delivery?.listening === true;
  const books = () => evida.status().books;
  const photographsOf = async (box: number) =>
    (await readPhotographs(world())).filter((photograph) => photograph.startsWith(`${box}/`));
  const start = async (changes: Partial<Config> = {}) => {
    evida = new Evida({ ...config, ...changes }, log);
    await evida.start();
    await waitFor('the subscription', isListening);
  };

  it('subscribes to the listed boxes and records their photographs and consumption', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await evida.start();
    await waitFor('the subscription', isListening);
    await publish('PEbox_10', '3-3600000');
    await publish('AEbox_10', '3-5200');
    await publish('SEbox_10', '3-2,10-0');
    await publish('SEbox_99', '3-2');
    await waitFor('the first photograph', async () => (await photographsOf(10)).length >= 1);
    await publish('PEbox_10', '3-3960000');
    await publish('AEbox_10', '3-0');
    await publish('SEbox_10', '3-3');
    await waitFor('the second photograph', async () => (await photographsOf(10)).length >= 2);
    expect(await photographsOf(10)).to.deep.equal(['10/3 first 2 1kWh', '10/3 status 3 1.1kWh']);
    expect(books()?.messages).to.deep.equal({ received: 6, decoded: 6, dead: 0, duplicate: 0 });
    await waitFor('all points', () => books()?.points.unsent === 0 && books()?.points.written === 5);
    expect(await photographsOf(99)).to.deep.equal([]);
  });

  it('goes on after garbage, and counts it', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await evida.start();
    await waitFor('the subscription', isListening);
    await publish('SEbox_11', '\u0000garbage');
    await publish('SEbox_11', '0-1,1-99');
    await waitFor('the good pair', async () => (await photographsOf(11)).length === 1);
    expect(await photographsOf(11)).to.deep.equal(['11/0 first 1']);
    expect(books()?.messages).to.deep.equal({ received: 2, decoded: 1, dead: 1, duplicate: 0 });
    expect(evida.status().delivery?.rejectedPairs).to.deep.equal({ malformed: 1, 'out-of-range': 1 });
  });

  it('says that the broker is away, and listens as soon as it is there', async () => {
    await forwarders.influx.open();
    await evida.start();
    await waitFor('a word about the broker', () =>
      lines.some((line) => /no MQTT broker.*ECONNREFUSED/.test(line)),
    );
    await forwarders.broker.open();
    await waitFor('the subscription', isListening);
    await publish('SEbox_12', '0-1');
    await waitFor('the photograph', async () => (await photographsOf(12)).length === 1);
  });

  it('says that InfluxDB is away, keeps the points, and writes them as soon as it is there', async () => {
    await forwarders.broker.open();
    const started = evida.start();
    await waitFor('a word about InfluxDB', () =>
      lines.some((line) => /setting up InfluxDB: waiting/.test(line)),
    );
    await waitFor('the subscription', isListening);
    await publish('SEbox_12', '5-1');
    await waitFor('a word about the points', () =>
      lines.some((line) => /points wait for InfluxDB/.test(line)),
    );
    await forwarders.influx.open();
    await started;
    await waitFor('the photograph', async () => (await photographsOf(12)).includes('12/5 first 1'));
    await waitFor('the books', () => books()?.points.written === 1);
    expect(books()?.points).to.include({ dead: 0, unsent: 0 });
  });

  it('subscribes again after the connection to the broker broke', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await evida.start();
    await waitFor('the subscription', isListening);
    await forwarders.broker.close();
    await waitFor('the loss', () => evida.status().delivery?.connected === false);
    await forwarders.broker.open();
    await waitFor('the subscription', isListening);
    await publish('SEbox_12', '7-4');
    await waitFor('the photograph', async () => (await photographsOf(12)).includes('12/7 first 4'));
  });

  it('decides after a restart what was due, and records nothing twice', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await start({ PHOTOGRAPH_SETTLE: 3_600_000, PHOTOGRAPH_SETTLE_MAX: 3_600_000 });
    const before = await photographsOf(12);
    await publish('SEbox_12', '3-2');
    await publish('SEbox_12', '3-3');
    await waitFor('both messages', () => books()?.messages.decoded === 2);
    await evida.stop();
    expect(books()?.points).to.include({ unsent: 0 });
    expect(newOnes(before, await photographsOf(12)), 'the second one still settles').to.deep.equal([
      '12/3 first 2',
    ]);

    await start();
    await waitFor('the second photograph', async () => newOnes(before, await photographsOf(12)).length === 2);
    await waitFor('the books', () => books()?.points.unsent === 0);
    expect(newOnes(before, await photographsOf(12))).to.deep.equal(['12/3 first 2', '12/3 status 3']);
    expect(books()?.messages, 'of both runs').to.include({ received: 2, decoded: 2 });
  });

  it('receives what was published while it was away, and says that it had waited', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await start();
    const before = await photographsOf(11);
    await publish('SEbox_11', '5-1');
    await waitFor('the first photograph', async () => newOnes(before, await photographsOf(11)).length === 1);
    await evida.stop();
    await publish('SEbox_11', '5-2');
    await start();
    await waitFor('the second photograph', async () => newOnes(before, await photographsOf(11)).length === 2);
    expect(newOnes(before, await photographsOf(11))).to.deep.equal(['11/5 first 1', '11/5 status 2 backlog']);
  });

  it('begins with the last photographs of InfluxDB when its own disk is lost', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await start();
    await publish('SEbox_10', '7-1,8-1');
    await waitFor('the first photographs', async () =>
      (await photographsOf(10)).some((text) => text === '10/8 first 1'),
    );
    await evida.stop();
    const before = await photographsOf(10);
    await start({ DATA_DIR: `${config.DATA_DIR}-new` });
    await publish('SEbox_10', '7-1,8-2');
    await waitFor('the next photograph', async () => (await photographsOf(10)).length > before.length);
    expect(newOnes(before, await photographsOf(10))).to.deep.equal(['10/8 status 2']);
  });

  it('refuses a DATA_DIR that another process has', async () => {
    await Promise.all([forwarders.broker.open(), forwarders.influx.open()]);
    await start();
    const second = new Evida(config, log);
    const failure = await second.start().catch((error: unknown) => error);
    await second.stop();
    expect(failure).to.include({ code: 'DIRECTORY_IN_USE' });
  });
});

/** What came since. */
function newOnes(before: readonly string[], after: readonly string[]): string[] {
  return after.filter((text) => !before.includes(text));
}
