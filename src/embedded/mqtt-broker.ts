import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Aedes, type Client, type PublishPacket, type PubrelPacket } from 'aedes';
import { z } from 'zod';
import type { MqttServerPart } from './mosquitto.ts';
import { randomSecret } from './secrets-file.ts';

export interface MqttBrokerPart extends MqttServerPart {
  /** QoS 1 publishes that clients whose id starts so have acknowledged, since the broker started. */
  acknowledged(clientIdPrefix: string): number;
  /** The ids of the clients that are connected now. */
  connectedClients(): readonly string[];
}

export interface MqttBrokerOptions {
  /** Told the id of each client that has connected. */
  readonly onClient?: (clientId: string) => void;
}

const USERNAME = 'evida';
const packageSchema = z.object({ version: z.string() });

/**
 * Starts an MQTT 3.1.1 broker in this process on a free port of 127.0.0.1. Sessions and queued messages are kept
 * in memory, without limit, until it stops.
 */
export async function startMqttBroker({ onClient }: MqttBrokerOptions = {}): Promise<MqttBrokerPart> {
  const password = randomSecret();
  const acknowledgements = new Map<string, number>();
  const connected = new Map<string, Client>();
  const aedes = await Aedes.createBroker({
    // The default of 100 messages on their way at once makes every client wait for the slowest one.
    concurrency: 1_000,
    authenticate: (_client, username, given, done) => {
      done(null, username === USERNAME && given !== undefined && isSame(given, password));
    },
  });
  aedes.on('clientReady', (client) => {
    connected.set(client.id, client);
    onClient?.(client.id);
  });
  aedes.on('clientDisconnect', (client) => {
    if (connected.get(client.id) === client) connected.delete(client.id);
  });
  aedes.on('ack', (packet: PublishPacket | PubrelPacket | undefined, { id, clean }) => {
    // A persistent session's message that was acknowledged before comes without a packet, as do all of a clean one.
    const counts = packet === undefined ? clean : packet.cmd === 'publish';
    if (counts) acknowledgements.set(id, (acknowledgements.get(id) ?? 0) + 1);
  });

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.setNoDelay();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  const url = `mqtt://127.0.0.1:${await listen(server)}`;
  const version = await packageVersion();
  let stopping: Promise<void> | undefined;
  return {
    name: 'MQTT broker',
    version,
    address: url,
    url,
    username: USERNAME,
    password,
    acknowledged: (prefix) => {
      let sum = 0;
      for (const [id, count] of acknowledgements) if (id.startsWith(prefix)) sum += count;
      return sum;
    },
    // One that goes while it is let in is told of as ready afterwards.
    connectedClients: () => [...connected.values()].filter(({ closed }) => !closed).map(({ id }) => id),
    stop: () => {
      stopping ??= close(aedes, server, sockets);
      return stopping;
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port was given'));
      else resolve(address.port);
    });
  });
}

async function close(aedes: Aedes, server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await new Promise<void>((resolve) => aedes.close(resolve));
  // Those that never got as far as CONNECT are not known to aedes.
  for (const socket of sockets) socket.destroy();
  await closed;
}

function isSame(given: Buffer, expected: string): boolean {
  const digest = (value: Buffer | string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The package exports only its code, not its package.json. */
async function packageVersion(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('aedes');
  return packageSchema.parse(JSON.parse(await readFile(join(dirname(main), 'package.json'), 'utf8'))).version;
}
