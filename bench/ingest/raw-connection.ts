import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { PacketCutter } from '../../src/mqtt/packet-cutter.ts';

interface Broker {
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const CONNACK = 0x20;
const PUBACK = 0x40;
const DISCONNECT = Buffer.of(0xe0, 0);
/** A clean session, a name and a password. */
const FLAGS = 0xc2;
/** MQTT 3.1.1. */
const LEVEL = 4;
const ANSWER_WITHIN_MS = 30_000;

/** An MQTT 3.1.1 connection that only publishes packets which are made already, and counts their acknowledgements. */
export class RawConnection {
  acknowledged = 0;
  #isConnected = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const cutter = new PacketCutter();
    socket.on('data', (bytes) => {
      cutter.cut(bytes, (whole, start) => {
        if (whole[start] === PUBACK) this.acknowledged += 1;
        else if (whole[start] === CONNACK) this.#isConnected = whole[start + 3] === 0;
      });
    });
  }

  /** @throws Error if the broker does not let it in */
  static async open({ port, username, password }: Broker): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const connection = new RawConnection(socket);
    socket.write(connectPacket(username, password));
    const deadline = performance.now() + ANSWER_WITHIN_MS;
    while (!connection.#isConnected) {
      if (performance.now() > deadline) throw new Error('the broker does not let the publisher in');
      await delay(1);
    }
    return connection;
  }

  /** Resolves when more may be written. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#socket.write(bytes)) await turn();
    else await once(this.#socket, 'drain');
  }

  async untilAcknowledged(messages: number): Promise<void> {
    const deadline = performance.now() + ANSWER_WITHIN_MS;
    while (this.acknowledged < messages) {
      if (performance.now() > deadline)
        throw new Error(`${messages - this.acknowledged} messages are not acknowledged`);
      await delay(1);
    }
  }

  /** Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.end(DISCONNECT);
    await closed;
  }
}

function connectPacket(username: string, password: string): Buffer {
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.of(LEVEL, FLAGS, 0, 0),
    text(''),
    text(username),
    text(password),
  ]);
  return Buffer.concat([Buffer.of(0x10, body.length), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}
