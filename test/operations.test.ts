import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import mqtt, { type MqttClient } from 'mqtt';
import { z } from 'zod';
import { type EboostApiPart, startEboostApi } from '../src/embedded/eboost/api-server.ts';
import { eboostHistory } from '../src/embedded/eboost/history.ts';
import { until } from '../src/embedded/until.ts';
import { collectRows } from '../src/influx/query.ts';
import { Evida } from '../src/services/evida.ts';
import { createForwarder, type Forwarder } from './fixture/forwarder.ts';
import { createLogLines } from './fixture/log-lines.ts';
import { readPhotographs } from './fixture/photographs.ts';
import { useWorld } from './fixture/world.ts';

const WITHIN_MS = 15_000;
const { boxes } = eboostHistory({ boxes: 3, seed: 1, fromMs: 0, toMs: 1, timeZone: 'UTC' });
const Row = z.object({ _measurement: z.string(), _field: z.string(), _value: z.unknown() }).loose();

describe("Evida's own state in InfluxDB", function () {
  this.timeout(30_000);
  const world = useWorld();
  let api: EboostApiPart;
  let publisher: MqttClient;
  let forwarder: Forwarder;
  let evida: Evida | undefined;

  beforeEach(async () => {
    const { broker, influx } = world().servers;
    api = await startEboostApi({ boxes: () => boxes });
    publisher = await mqtt.connectAsync(broker.url, { username: broker.username, password: broker.password });
    forwarder = await createForwarder(Number(new URL(influx.url).port));
    await forwarder.open();
  });
  afterEach(async () => {
    await evida?.stop();
    await publisher.endAsync();
    await Promise.all([api.stop(), forwarder.close()]);
    await until(() => world().servers.broker.connectedClients().length === 0, WITHIN_MS);
  });

  function createEvida(changes: Record<string, string> = {}) {
    const id = randomBytes(4).toString('hex');
    const { log, lines } = createLogLines();
    const config = world().config({
      ROLES: 'photograph,utilization',
      DATA_DIR: join(world().dataDir, id),
      MQTT_CLIENT_ID: `evida ${id}`,
      INFLUX_URL: `http://127.0.0.1:${forwarder.port}`,
      EBOOST_API_URL: api.url,
      EBOOST_API_USERNAME: api.username,
      EBOOST_API_PASSWORD: api.password,
      PHOTOGRAPH_SETTLE: '50ms',
      PHOTOGRAPH_SETTLE_MAX: '200ms',
      ...changes,
    });
    evida = new Evida(config, log);
    return { evida, config, lines };
  }
  const read = (filter: string) =>
    collectRows(
      world().queryFlux(
        `from(bucket: "${world().buckets.operations}") |> range(start: 0) |> filter(fn: (r) => ${filter})`,
        Row,
      ),
    );

  it('is there from the start, under the name that Evida has at the broker', async () => {
    const { evida, config } = createEvida();
    await evida.start();
    const ofClient = `r.client == "${config.MQTT_CLIENT_ID}"`;
    expect(await until(async () => (await read(ofClient)).length > 0, WITHIN_MS)).to.equal(true);
    const state = await read(ofClient);
    expect(state.map(({ _field }) => _field)).to.include.members(['ready', 'boxes', 'seconds_since_message']);
    for (const { _value } of state) expect(_value).to.be.a('number');
  });

  it('stays away, without any harm to delivery, where its bucket is missing and cannot be made', async () => {
    const { evida, lines } = createEvida({ INFLUX_OPERATIONS_BUCKET: '_refused' });
    await evida.start();
    const isListening = () => evida.status().delivery?.listening === true;
    expect(await until(isListening, WITHIN_MS)).to.equal(true);
    await publisher.publishAsync(`${world().topicPrefix}SEbox_11`, '4-1', { qos: 1 });
    const isWritten = async () => (await readPhotographs(world())).includes('11/4 first 1');
    expect(await until(isWritten, WITHIN_MS)).to.equal(true);
    expect(await until(() => lines.some((line) => /cannot be written/.test(line)), WITHIN_MS)).to.equal(true);
    expect(lines.filter((line) => /evida setup/.test(line) && /"level":40/.test(line))).to.have.length(1);
  });

  it('does not hold up a stop while InfluxDB is away', async () => {
    const { evida } = createEvida();
    await evida.start();
    await forwarder.close();
    const before = performance.now();
    await evida.stop();
    expect(performance.now() - before).to.be.below(3000);
  });
});
