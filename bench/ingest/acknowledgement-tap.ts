import { connect, createServer, type Server, type Socket } from 'node:net';
import { PacketCutter } from '../../src/mqtt/packet-cutter.ts';
import { PUBLISH, packetType, readPublish } from '../../src/mqtt/publish-packet.ts';

const PUBACK = 4;
/** What Evida and Mosquitto speak. */
const VERSION = 5;

/**
 * Stands between the broker and a client, passes everything on, and sees when the client acknowledges messages of one
 * topic, by what stands in them.
 */
export class AcknowledgementTap {
  readonly #server: Server;
  readonly #topic: string;
  readonly #sockets = new Set<Socket>();
  /** What the messages said, by the id of their packet, until it is acknowledged. */
  readonly #waiting = new Map<number, string>();
  onAcknowledged: (payload: string) => void = () => undefined;

  private constructor(target: number, topic: string) {
    this.#topic = topic;
    this.#server = createServer((client) => this.#join(client, target));
  }

  /** @param target port of the broker */
  static async open(target: number, topic: string): Promise<AcknowledgementTap> {
    const tap = new AcknowledgementTap(target, topic);
    await new Promise<void>((resolve, reject) => {
      tap.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return tap;
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, target: number): void {
    const broker = connect({ port: target, host: '127.0.0.1', noDelay: true });
    client.setNoDelay();
    for (const [from, to, look] of [
      [broker, client, (packet: Buffer) => this.#noteMessage(packet)],
      [client, broker, (packet: Buffer) => this.#noteAcknowledgement(packet)],
    ] as const) {
      const cutter = new PacketCutter();
      this.#sockets.add(from);
      from.on('data', (bytes) => {
        to.write(bytes);
        cutter.cut(bytes, (whole, start, end) => look(whole.subarray(start, end)));
      });
      from
        .on('error', () => undefined)
        .on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
    }
  }

  #noteMessage(packet: Buffer): void {
    if (packetType(packet[0] ?? 0) !== PUBLISH) return;
    const { topic, packetId, payload } = readPublish(packet, 0, packet.length, VERSION);
    if (packetId !== 0 && topic === this.#topic) this.#waiting.set(packetId, payload.toString('latin1'));
  }

  #noteAcknowledgement(packet: Buffer): void {
    if (packetType(packet[0] ?? 0) !== PUBACK) return;
    const packetId = packet.readUInt16BE(2);
    const payload = this.#waiting.get(packetId);
    if (payload === undefined) return;
    this.#waiting.delete(packetId);
    this.onAcknowledged(payload);
  }
}
