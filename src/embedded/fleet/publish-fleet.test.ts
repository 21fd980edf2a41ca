import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { expect } from 'chai';
import { EvidaError } from '../../errors.ts';
import { freePort } from '../free-port.ts';
import { DEMO_PACE } from './pace.ts';
import { publishFleet } from './publish-fleet.ts';
import { simulateFleet } from './simulate-fleet.ts';

const FLEET = {
  boxes: 5,
  seed: 7,
  timeZone: 'Asia/Ho_Chi_Minh',
  pace: DEMO_PACE,
  startMs: 1_800_000_000_000,
};

class TestBroker {
  readonly received: string[] = [];
  readonly sockets = new Set<Socket>();
  onReceived: () => void = () => undefined;
  #broker: Aedes | undefined;
  #server: Server | undefined;

  async start(port = 0, password?: string): Promise<string> {
    const broker = await Aedes.createBroker({
      // It acknowledges before it publishes: what it takes must count, also if it is stopped in between.
      authorizePublish: (_client, { topic, payload }, done) => {
        this.received.push(`${topic} ${payload}`);
        done(null);
        this.onReceived();
      },
      ...(password === undefined
        ? {}
        : { authenticate: (_client, _user, given, done) => done(null, given?.toString() === password) }),
    });
    const server = createServer((socket) => {
      this.sockets.add(socket.on('close', () => this.sockets.delete(socket)));
      broker.handle(socket);
    });
    this.#broker = broker;
    this.#server = server;
    return `mqtt://127.0.0.1:${await listen(server, port)}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const [server, broker] = [this.#server, this.#broker];
    this.#server = undefined;
    this.#broker = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
    if (broker !== undefined) await new Promise<void>((resolve) => broker.close(resolve));
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function expected(forSimulatedMs: number, prefix = ''): string[] {
  const messages: string[] = [];
  for (const event of simulateFleet(FLEET)) {
    if (event.atMs >= FLEET.startMs + forSimulatedMs) break;
    if (event.kind === 'message') messages.push(`${prefix}${event.topic} ${event.payload}`);
  }
  return messages;
}

describe('publishFleet', () => {
  let directory = '';
  let broker = new TestBroker();

  beforeEach(async () => {
    broker = new TestBroker();
    directory = await mkdtemp(join(tmpdir(), 'evida-fleet-'));
  });

  afterEach(async () => {
    await broker.stop();
    await rm(directory, { recursive: true });
  });

  it('publishes the simulation in its order, and disconnects when all is acknowledged', async () => {
    const mqttUrl = await broker.start();
    const summary = await publishFleet({
      mqttUrl,
      fleet: FLEET,
      forMs: 500,
      speed: 40,
      topicPrefix: 'site/',
    });
    expect(broker.received).to.deep.equal(expected(20_000, 'site/'));
    expect(summary.messages).to.equal(broker.received.length);
    expect(summary.acknowledged).to.equal(summary.messages);
    expect(summary.reconnects).to.equal(0);
    expect(summary.durationMs).to.be.at.least(500);
  });

  it('records what happened as lines that only the owner may read', async () => {
    const mqttUrl = await broker.start();
    const recordFile = join(directory, 'facts.jsonl');
    const { facts } = await publishFleet({ mqttUrl, fleet: FLEET, forMs: 100, speed: 100, recordFile });
    const lines = (await readFile(recordFile, 'utf8')).trimEnd().split('\n');
    expect(lines).to.have.length(facts);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      atMs: FLEET.startMs,
      kind: 'outlet',
      box: 10,
      outlet: 0,
    });
    expect((await stat(recordFile)).mode & 0o777).to.equal(0o600);
  });

  it('tells its figures while it runs', async () => {
    const mqttUrl = await broker.start();
    const told: number[] = [];
    const abort = new AbortController();
    await publishFleet({
      mqttUrl,
      fleet: FLEET,
      signal: abort.signal,
      speed: 5,
      onStats: ({ messages }) => {
        told.push(messages);
        abort.abort();
      },
    });
    expect(told).to.have.length(1);
    expect(told[0]).to.be.greaterThan(5);
  });

  it('goes on after the broker was away, and loses nothing', async () => {
    const mqttUrl = await broker.start();
    const port = Number(new URL(mqttUrl).port);
    let restarted: Promise<unknown> | undefined;
    broker.onReceived = () => {
      if (broker.received.length < 50 || restarted !== undefined) return;
      restarted = broker.stop().then(() => broker.start(port));
    };
    const summary = await publishFleet({ mqttUrl, fleet: FLEET, forMs: 1000, speed: 40 });
    await restarted;
    expect(summary.reconnects).to.be.at.least(1);
    expect(summary.acknowledged).to.equal(summary.messages);
    expect(broker.received).to.include.members(expected(40_000));
  });

  it('holds a bounded number of messages while the broker is away, and ends soon after an abort', async () => {
    const mqttUrl = await broker.start();
    const abort = new AbortController();
    let attempts = 0;
    const dead = createServer((socket) => {
      socket.destroy();
      attempts += 1;
      if (attempts === 2) abort.abort();
    });
    let gone: Promise<unknown> | undefined;
    broker.onReceived = () => {
      gone ??= broker.stop().then(() => listen(dead, Number(new URL(mqttUrl).port)));
    };
    const summary = await publishFleet({ mqttUrl, fleet: FLEET, speed: 5000, signal: abort.signal });
    await gone;
    await new Promise((resolve) => dead.close(resolve));
    expect(summary.messages - summary.acknowledged).to.be.greaterThan(100);
    // Without a bound it would be as many in a second as a fleet of this size says in an hour.
    expect(summary.messages).to.be.lessThan(10_000);
    expect(summary.durationMs).to.be.lessThan(8_000);
  }).timeout(10_000);

  it('says so if the broker cannot be reached, or refuses', async () => {
    const nowhere = `mqtt://user:secret@127.0.0.1:${await freePort()}`;
    const refusing = await broker.start(0, 'right');
    const silent = createServer((socket) => socket.destroy());
    const hangsUp = `mqtt://127.0.0.1:${await listen(silent, 0)}`;
    for (const options of [
      { mqttUrl: nowhere },
      { mqttUrl: hangsUp },
      { mqttUrl: refusing, username: 'fleet', password: 'wrong' },
    ]) {
      const error = await publishFleet({ ...options, fleet: FLEET, forMs: 10 }).catch((thrown) => thrown);
      expect(error).to.be.instanceOf(EvidaError);
      expect(error).to.include({ code: 'MQTT_UNAVAILABLE' });
      expect(String(error)).to.not.include('secret');
    }
    await new Promise((resolve) => silent.close(resolve));
    await publishFleet({
      mqttUrl: refusing,
      username: 'fleet',
      password: 'right',
      fleet: FLEET,
      forMs: 10,
    });
  });
});
