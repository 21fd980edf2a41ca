import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';
import { expect } from 'chai';
import { connectAsync, type MqttClient } from 'mqtt';
import { createSource, eventually, type SourceUnderTest } from '../../test/fixture/mqtt-source.ts';
import type { MqttServerPart } from '../embedded/mosquitto.ts';

const CLIENT_ID = 'evida';
const MARKER = 'evida/evida/evida/marker';
/** Where CONNECT has the version of the protocol, behind header, length and "MQTT". */
const VERSION_AT = 8;

describe('MqttSource, with a broker of MQTT 3.1.1', () => {
  let broker: Aedes;
  let server: Server;
  let part: MqttServerPart;
  let source: SourceUnderTest;
  let publisher: MqttClient;
  let handle: (socket: Socket) => void;
  /** The topics of each SUBSCRIBE of Evida, and those that are refused. */
  let subscribed: string[][];
  let unsubscribed: string[];
  let refused: Set<string>;
  /** What the broker takes and does not hand on. */
  let isLost: (topic: string, payload: string) => boolean;
  let evida: Client | undefined;
  let onPublish: (client: Client, topic: string) => Error | null;

  beforeEach(async () => {
    subscribed = [];
    unsubscribed = [];
    refused = new Set();
    isLost = () => false;
    onPublish = () => null;
    broker = await Aedes.createBroker({
      authorizeSubscribe: (_client, subscription, done) =>
        done(null, refused.has(subscription.topic) ? null : subscription),
      authorizeForward: (_client, packet) => (isLost(packet.topic, String(packet.payload)) ? null : packet),
      authorizePublish: (client, { topic }, done) => done(client === null ? null : onPublish(client, topic)),
    });
    broker.on('clientReady', (client) => {
      if (client.id === CLIENT_ID) evida = client;
    });
    broker.on('unsubscribe', (topics, client) => {
      if (client.id === CLIENT_ID) unsubscribed.push(...topics);
    });
    broker.on('subscribe', (subscriptions, client) => {
      if (client.id === CLIENT_ID) subscribed.push(subscriptions.map(({ topic }) => topic));
    });
    handle = broker.handle;
    server = createServer((socket) => handle(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const login = { username: 'evida', password: 'evida' };
    part = { name: 'aedes', version: '', address: url, url, ...login, stop: () => Promise.resolve() };
    publisher = await connectAsync(url, { clientId: 'publisher' });
  });
  afterEach(async () => {
    await source.source.close(500);
    await publisher.endAsync();
    await new Promise<void>((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  async function listen(
    boxes: readonly number[],
    changes?: Parameters<typeof createSource>[2],
  ): Promise<void> {
    source = createSource(part, CLIENT_ID, changes);
    source.source.setBoxes(boxes);
    source.source.start();
    await eventually('listening', () => source.source.stats.listening);
  }
  const publish = (text: string) => publisher.publishAsync('evida/SEbox_1', text, { qos: 1 });
  const disconnect = async () => {
    const { reconnects } = source.source.stats;
    evida?.close();
    await eventually('a new connection', () => source.source.stats.reconnects > reconnects);
  };
  /** Lets pass who speaks 3.1.1; what becomes of the others is decided by `refuse`. */
  const refuseNewer = (refuse: (socket: Socket) => void) => {
    handle = (socket) => {
      socket.once('data', (chunk) => {
        socket.pause();
        socket.unshift(chunk);
        if (chunk[VERSION_AT] === 5) refuse(socket);
        else broker.handle(socket);
      });
    };
  };

  it('speaks 3.1.1 when the broker refuses MQTT 5, and says so', async () => {
    await listen([1]);
    expect(source.source.stats).to.include({ protocolVersion: 4, reconnects: 0, lastFailure: undefined });
    await publish('0-1');
    await eventually('a message', () => source.received.length === 1);
    await eventually('the acknowledgement of it', () => source.commits.uncommittedBytes === 0);
    expect(source.lines.filter((line) => line.includes('MQTT 3.1.1 it is'))).to.have.length(1);
  });

  it('speaks 3.1.1 when the broker closes on MQTT 5 twice, and goes on with it', async () => {
    let refusals = 0;
    refuseNewer((socket) => {
      refusals++;
      socket.destroy();
    });
    await listen([1]);
    expect(source.source.stats.protocolVersion).to.equal(4);
    await disconnect();
    expect(refusals).to.equal(2);
  });

  it('finds its session again, and what has waited in it', async () => {
    await listen([1]);
    await source.source.close();
    await publish('0-1');
    await listen([1]);
    await eventually('what has waited', () => source.received.length === 1);
    expect(source.received[0]).to.include({ backlog: true, resumed: true });
    await eventually('the marker', () => !source.source.stats.backlog);
  });

  it('subscribes in batches of at most 500 topics, and to its marker when that is done', async () => {
    await listen(Array.from({ length: 1000 }, (_, n) => n));
    await eventually('the marker', () => subscribed.flat().includes(MARKER));
    const batches = subscribed.map((topics) => topics.length);
    expect(Math.max(...batches)).to.be.at.most(500);
    expect(batches.reduce((sum, length) => sum + length, 0)).to.equal(7001);
    expect(subscribed.at(-1)).to.deep.equal([MARKER]);
    expect(source.source.stats).to.include({ topics: 7000, refusedTopics: 0 });
  });

  it('names the topics that the broker refuses, listens to the others, and asks again with the next list', async () => {
    refused.add('evida/SEbox_2');
    await listen([1, 2, 3]);
    expect(source.source.stats).to.include({ topics: 20, refusedTopics: 1 });
    const said = source.lines.find((line) => line.includes('refuses topics'));
    expect(said).to.contain('"topics":["evida/SEbox_2"]');
    refused.clear();
    source.source.setBoxes([1, 2, 3]);
    await eventually('the topic', () => source.source.stats.topics === 21);
    const asked = subscribed.flat();
    expect(asked.filter((topic) => topic === 'evida/SEbox_1')).to.have.length(1);
    source.source.setBoxes([2]);
    await eventually('that it forgets the others', () => unsubscribed.length === 14);
    expect(source.source.stats.topics).to.equal(7);
  });

  it('ends the backlog, and says why with a hint, when it may not subscribe to its marker', async () => {
    await listen([1]);
    await source.source.close();
    refused.add(MARKER);
    await listen([1]);
    await eventually('that it says so', () => source.lines.some((line) => line.includes('no marker')));
    expect(source.source.stats.backlog).to.equal(false);
    await disconnect();
    const said = source.lines.filter((line) => line.includes('no marker'));
    expect(said).to.have.length(1);
    expect(said[0]).to.contain(`write and read ${MARKER} in the access list`);
  });

  it('ends the backlog when its marker does not come back', async () => {
    await listen([1]);
    await source.source.close();
    isLost = (topic) => topic === MARKER;
    await listen([1], { pace: { markerWithinMs: 100 } });
    await eventually('that it says so', () => source.lines.some((line) => line.includes('no marker')));
    expect(source.lines.find((line) => line.includes('no marker'))).to.contain('within 0.1 s');
    expect(source.source.stats.backlog).to.equal(false);
  });

  it('waits for its marker as long as it takes if only the probe comes, and sends it again', async () => {
    await listen([1]);
    await source.source.close();
    const markers: string[] = [];
    isLost = (topic, payload) => {
      if (topic !== MARKER || payload.startsWith('probe')) return false;
      markers.push(payload);
      return markers.length < 6;
    };
    await listen([1], { pace: { markerWithinMs: 100 } });
    await eventually('the sixth marker', () => markers.length === 6);
    await eventually('the end of the backlog', () => !source.source.stats.backlog);
    // The first one may be of the connection before.
    expect(new Set(markers.slice(1)).size).to.equal(1);
    expect(source.lines.filter((line) => line.includes('no marker'))).to.deep.equal([]);
  });

  it('does without its marker when the broker ends connections for it', async () => {
    onPublish = (_client, topic) => (topic === MARKER ? new Error('not allowed') : null);
    await listen([1]);
    await eventually('that it says so', () => source.lines.some((line) => line.includes('no marker')));
    expect(source.source.stats.reconnects).to.equal(2);
    await eventually('listening', () => source.source.stats.listening);
    await publish('0-1');
    await eventually('a message', () => source.received.length === 1);
    expect(source.fatal).to.deep.equal([]);
  });

  it('gives up when the broker closes three times as soon as it has accepted', async () => {
    await listen([1]);
    broker.on('clientReady', (client) => {
      if (client.id === CLIENT_ID) client.close();
    });
    await disconnect();
    await eventually('that it gives up', () => source.fatal.length === 1);
    expect(source.fatal[0]).to.include({ code: 'MQTT_TAKEN_OVER' });
    expect(source.fatal[0]?.message).to.contain('probably another client');
  });
});
