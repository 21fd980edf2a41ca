import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectAsync, type MqttClient } from 'mqtt';
import { createForwarder, type Forwarder } from '../../test/fixture/forwarder.ts';
import { createSource, eventually, type SourceUnderTest } from '../../test/fixture/mqtt-source.ts';
import { type MqttServerPart, startMosquitto } from '../embedded/mosquitto.ts';
import { Receipts } from './receipts.ts';
import type { Received } from './reception.ts';

type Changes = Parameters<typeof createSource>[2];

describe('MqttSource, with Mosquitto', () => {
  let dataDir: string;
  let mosquitto: MqttServerPart;
  let publisher: MqttClient;
  let forwarder: Forwarder;
  let sources: SourceUnderTest[];
  let tests = 0;
  let clientId: string;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'evida-mqtt-source-'));
    mosquitto = await startMosquitto({ dataDir });
    publisher = await connectAsync(mosquitto.url, login());
    forwarder = await createForwarder(Number(new URL(mosquitto.url).port));
  });
  beforeEach(async () => {
    await forwarder.open();
    sources = [];
    clientId = `source-${++tests}`;
  });
  afterEach(async () => {
    await Promise.all(sources.map(({ source }) => source.close(500)));
    await forwarder.close();
  });
  after(async () => {
    await publisher.endAsync();
    await mosquitto.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const login = () => ({ username: mosquitto.username, password: mosquitto.password });

  /** Listens to box 1 through a connection that can be cut. */
  async function listen(changes: Changes = {}): Promise<SourceUnderTest> {
    const broker = { ...mosquitto, url: `mqtt://127.0.0.1:${forwarder.port}` };
    const created = createSource(broker, clientId, changes);
    sources.push(created);
    created.source.setBoxes([1]);
    created.source.start();
    await eventually('listening', () => created.source.stats.listening);
    return created;
  }
  const publish = (...texts: readonly string[]) =>
    Promise.all(texts.map((text) => publisher.publishAsync(`${clientId}/SEbox_1`, text, { qos: 1 })));
  const reconnect = async ({ source }: SourceUnderTest) => {
    const { reconnects } = source.stats;
    await forwarder.close();
    await forwarder.open();
    await eventually(
      'a new connection',
      () => source.stats.reconnects > reconnects && source.stats.listening,
    );
  };

  it('acknowledges nothing that is not committed: the broker sends it again', async () => {
    const listener = await listen({ isCommitting: false });
    await publish('0-1', '0-2', '0-3');
    await eventually('three messages', () => listener.received.length === 3);
    await reconnect(listener);
    await eventually('three copies', () => listener.source.stats.duplicates === 3);
    listener.commits.commit();
    await publish('0-4');
    await eventually('the fourth', () => listener.received.length === 4);
    listener.commits.commit();
    await listener.source.close();
    const next = await listen();
    await publish('0-5');
    await eventually('the fifth', () => next.received.length > 0);
    expect(listener.texts()).to.deep.equal(['0-1', '0-2', '0-3', '0-4']);
    expect(next.texts()).to.deep.equal(['0-5']);
  });

  it('gets again what a killed process had not committed, and not what it had', async () => {
    const killed = await listen({ isCommitting: false });
    await publish('0-1', '0-2');
    await eventually('two messages', () => killed.received.length === 2);
    await forwarder.close();
    await killed.source.close(0);
    await forwarder.open();
    // The log has the first message; its acknowledgement never left.
    const [first] = killed.received;
    if (first === undefined) throw new Error('nothing was received');
    killed.receipts.clear();
    killed.receipts.add(first.packetId, first.topic, first.payload);
    const next = await listen({ receipts: killed.receipts });
    await eventually('the second message', () => next.received.length === 1);
    expect(next.texts()).to.deep.equal(['0-2']);
    expect(next.source.stats.duplicates).to.equal(1);
  });

  it('keeps its session over connections, and calls what came meanwhile backlog until it is through', async () => {
    const listener = await listen();
    await publish('0-1');
    await eventually('a message', () => listener.received.length === 1);
    await forwarder.close();
    await eventually('that it notices', () => !listener.source.stats.connected);
    await publish('0-2', '0-3');
    await forwarder.open();
    await eventually('the queue', () => listener.received.length === 3);
    await eventually('the marker', () => !listener.source.stats.backlog && listener.source.stats.connected);
    await publish('0-4');
    await eventually('a live message', () => listener.received.length === 4);
    expect(listener.texts()).to.deep.equal(['0-1', '0-2', '0-3', '0-4']);
    expect(listener.received.map(({ backlog }) => backlog)).to.deep.equal([false, true, true, false]);
    expect(listener.received.map(({ resumed }) => resumed)).to.deep.equal([false, true, true, true]);
    expect(listener.events).to.deep.equal([
      'connected',
      'disconnected: the broker closed the connection',
      'resumed',
    ]);
    expect(listener.source.stats).to.include({ reconnects: 1, duplicates: 0, protocolVersion: 5, topics: 7 });
  });

  it('takes 20,000 queued messages in their order, and tells them from what is live', async function () {
    this.timeout(60_000);
    const first = await listen();
    await first.source.close();
    const texts = Array.from({ length: 20_000 }, (_, n) => String(n));
    for (let at = 0; at < texts.length; at += 2000) await publish(...texts.slice(at, at + 2000));
    const next = await listen();
    await eventually('the marker', () => !next.source.stats.backlog);
    await publish('live');
    await eventually('all messages', () => next.received.length === 20_001);
    expect(next.texts()).to.deep.equal([...texts, 'live']);
    expect(next.received.findIndex(({ backlog }) => !backlog)).to.equal(20_000);
    expect(next.source.stats.duplicates).to.equal(0);
  });

  it('loses nothing and takes nothing twice over twenty cuts and kills, with payloads that are often equal', async function () {
    this.timeout(60_000);
    const log: Received[] = [];
    const texts: string[] = [];
    // Cut so often, it would take itself for a client with a rival: each connection seems to have held for long.
    const now = () => Date.now() * 1000;
    let listener = await listen({ isCommitting: false, now });
    for (let round = 0; round < 20; round++) {
      const few = Array.from({ length: 100 }, (_, n) => `0-${(round + n) % 3}`);
      texts.push(...few);
      await publish(...few);
      const enough = (round % 4) * 30;
      await eventually('some messages', () => log.length + listener.received.length >= texts.length - enough);
      listener.commits.commit(Math.floor((listener.received.length * (round % 5)) / 4));
      await forwarder.close();
      if (round % 3 === 0) {
        await listener.source.close(0);
        log.push(...listener.received.slice(0, listener.commits.committedSequence));
        const receipts = new Receipts();
        for (const { packetId, topic, payload } of log) receipts.add(packetId, topic, payload);
        await forwarder.open();
        listener = await listen({ isCommitting: false, now, receipts });
      } else {
        await forwarder.open();
        await eventually('a connection', () => listener.source.stats.connected);
      }
    }
    await eventually('all messages', () => log.length + listener.received.length >= texts.length);
    await eventually('the marker', () => !listener.source.stats.backlog);
    expect([...log.map(({ payload }) => String(payload)), ...listener.texts()]).to.deep.equal(texts);
  });

  it('subscribes to everything again when the broker has forgotten the session', async () => {
    const listener = await listen();
    await publish('0-1');
    await eventually('a message', () => listener.received.length === 1);
    await forwarder.close();
    const thief = await connectAsync(mosquitto.url, { ...login(), clientId, clean: true });
    await thief.endAsync();
    await forwarder.open();
    await eventually('a new session', () => listener.events.length === 3 && listener.source.stats.listening);
    expect(listener.events[2]).to.equal('connected');
    expect(listener.receipts.length).to.equal(0);
    await publish('0-2');
    await eventually('a message of the new session', () => listener.received.length === 2);
    expect(listener.received[1]).to.include({ backlog: false, resumed: false });
  });

  it('listens to boxes that come and no more to those that go, also while it was away', async () => {
    const listener = await listen();
    listener.source.setBoxes([1, 2]);
    await eventually('box 2', () => listener.source.stats.topics === 14);
    await forwarder.close();
    await eventually('that it notices', () => !listener.source.stats.connected);
    listener.source.setBoxes([2, 3]);
    await forwarder.open();
    await eventually('box 3 instead of box 1', () => listener.source.stats.listening);
    for (const box of [1, 2, 3]) {
      await publisher.publishAsync(`${clientId}/SEbox_${box}`, '0-1', { qos: 1 });
    }
    await eventually('two messages', () => listener.received.length === 2);
    expect(listener.received.map(({ topic }) => topic)).to.deep.equal(['SEbox_2', 'SEbox_3']);
  });

  it('gets what is retained once, not with each new process in a session that was kept', async () => {
    await publisher.publishAsync(`${clientId}/SEbox_1`, '0-9', { qos: 1, retain: true });
    const first = await listen();
    await eventually('what is retained', () => first.received.length === 1);
    expect(first.received[0]).to.include({ retained: true, backlog: false });
    await first.source.close();
    const next = await listen();
    await publish('0-1');
    await eventually('a live message', () => next.received.length > 0);
    expect(next.texts()).to.deep.equal(['0-1']);
  });

  it('acknowledges what it has received before it takes its leave', async () => {
    const listener = await listen({ isCommitting: false });
    await publish('0-1', '0-2');
    await eventually('two messages', () => listener.received.length === 2);
    const closed = listener.source.close(5000);
    setImmediate(() => listener.commits.commit());
    await closed;
    const next = await listen();
    await eventually('the marker', () => !next.source.stats.backlog);
    expect(next.received).to.deep.equal([]);
  });

  it('takes its leave in time although the disk does not answer', async () => {
    const listener = await listen({ isCommitting: false });
    await publish('0-1');
    await eventually('a message', () => listener.received.length === 1);
    const startedAt = performance.now();
    await listener.source.close(300);
    expect(performance.now() - startedAt).to.be.within(290, 2000);
    expect(listener.source.stats).to.include({ connected: false, listening: false });
    const next = await listen();
    await eventually('the message again', () => next.received.length === 1);
  });

  it('stays away while it is suspended; what arrives waits at the broker', async () => {
    const listener = await listen({
      onMessage: ({ payload }) => {
        if (String(payload) !== '0-2' || listener.source.stats.suspended !== undefined) return;
        if (listener.events.length > 1) return;
        listener.source.suspend('the disk is full');
        throw new Error('not taken');
      },
    });
    await publish('0-1', '0-2', '0-3');
    await eventually('that it goes', () => listener.events.length === 2);
    expect(listener.events[1]).to.equal('disconnected: the disk is full');
    expect(listener.source.stats).to.include({ connected: false, suspended: 'the disk is full' });
    expect(listener.texts()).to.deep.equal(['0-1']);
    listener.source.resume();
    await eventually('the other messages', () => listener.received.length === 3);
    expect(listener.texts()).to.deep.equal(['0-1', '0-2', '0-3']);
    expect(
      listener.lines.some((line) => line.includes('left with the MQTT broker: the disk is full')),
    ).to.equal(true);
  });

  it('does not acknowledge a message that could not be taken, and asks for it again', async () => {
    let isBroken = true;
    const listener = await listen({
      onMessage: () => {
        if (isBroken) throw new Error('the log takes nothing');
      },
    });
    await publish('0-1', '0-2');
    await eventually(
      'two attempts',
      () => listener.events.filter((event) => event !== 'resumed').length >= 3,
    );
    expect(listener.source.stats.lastFailure).to.equal('the log takes nothing');
    isBroken = false;
    await eventually('the messages', () => listener.received.length === 2);
    expect(listener.texts()).to.deep.equal(['0-1', '0-2']);
    expect(listener.source.stats.duplicates).to.equal(0);
  });

  it('hands on messages of topics that an earlier prefix has left in the session, as no topic of a box', async () => {
    const first = await listen();
    await first.source.close();
    const next = await listen({ settings: { MQTT_TOPIC_PREFIX: 'another/' } });
    await publish('0-1');
    // The marker of the first one may be among them.
    const isThere = () => next.received.some(({ topic }) => topic === `//${clientId}/SEbox_1`);
    await eventually('the message', isThere);
  });

  it('gives up, with a hint, when another client takes its session three times in a minute', async () => {
    const listener = await listen();
    const rivals: MqttClient[] = [];
    for (let time = 1; time <= 3; time++) {
      await eventually('a connection', () => listener.source.stats.connected);
      const { reconnects } = listener.source.stats;
      rivals.push(
        await connectAsync(mosquitto.url, { ...login(), clientId, protocolVersion: 5, reconnectPeriod: 0 }),
      );
      await eventually(
        `what follows from time ${time}`,
        () => listener.fatal.length > 0 || listener.source.stats.reconnects > reconnects,
      );
    }
    const [error] = listener.fatal;
    expect(error).to.include({ code: 'MQTT_TAKEN_OVER', exitCode: 75, retryable: false });
    expect(error?.hint).to.contain('MQTT_CLIENT_ID');
    expect(error?.message).to.contain(`another client with the id ${clientId}`);
    await Promise.all(rivals.map((rival) => rival.endAsync(true)));
  });

  it('says once, with a hint, that it may not come in, and comes in when it may', async () => {
    const wrong = createSource({ ...mosquitto, password: 'wrong' }, clientId, { pace: { refusedMs: 20 } });
    sources.push(wrong);
    wrong.source.start();
    await eventually('a line', () => wrong.lines.length > 0);
    await eventually('some attempts', () => wrong.source.stats.lastFailure !== undefined);
    await wrong.source.close();
    const said = wrong.lines.filter((line) => line.includes('Not authorized'));
    expect(said).to.have.length(1);
    expect(said[0]).to.contain('MQTT_USERNAME');
  });

  it('is not listening before there is a list of boxes', async () => {
    const created = createSource(mosquitto, clientId);
    sources.push(created);
    created.source.start();
    await eventually('a connection', () => created.source.stats.connected);
    expect(created.source.stats.listening).to.equal(false);
    created.source.setBoxes([]);
    await eventually('listening to nothing', () => created.source.stats.listening);
  });
});
