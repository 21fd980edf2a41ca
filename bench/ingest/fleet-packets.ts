import type { FleetEvent } from '../../src/embedded/fleet/fleet-event.ts';
import { simulateFleet } from '../../src/embedded/fleet/simulate-fleet.ts';

/** Packets of MQTT, one behind the other. */
export interface Packets {
  readonly bytes: Buffer;
  readonly count: number;
}

interface Chunk {
  readonly bytes: Buffer;
  /** Where each packet ends. */
  readonly ends: Uint32Array;
}

const CHUNK_MESSAGES = 5000;
const PACKET_BYTES = 400;
const PUBLISH_QOS_1 = 0x32;
/** Two packets that wait for their acknowledgement at once must not have the same. */
const PACKET_IDS = 65_535;

/** What a simulated fleet says, as PUBLISH packets with QoS 1 (MQTT 3.1.1), made ahead of the time of their sending. */
export class FleetPackets {
  readonly #events: Generator<FleetEvent, void, undefined>;
  readonly #chunks: Chunk[] = [];
  /** Chunks before this one were sent. */
  #chunk = 0;
  #packet = 0;
  #made = 0;

  constructor(boxes: number, seed: number) {
    // At noon: some outlets charge, and people come and go.
    const startMs = Date.UTC(2026, 9, 1, 5);
    this.#events = simulateFleet({ boxes, seed, startMs, timeZone: 'Asia/Ho_Chi_Minh' });
  }

  /** Of all that was made. */
  get made(): number {
    return this.#made;
  }

  /** Makes more, until there are so many. */
  make(messages: number): void {
    while (this.#made < messages) this.#chunks.push(this.#makeChunk());
  }

  /** Begins again with the first message. */
  rewind(): void {
    this.#chunk = 0;
    this.#packet = 0;
  }

  /** The next ones: as many as asked for, or fewer; only none if none are asked for. */
  take(most: number): Packets {
    if (this.#chunk === this.#chunks.length) this.#chunks.push(this.#makeChunk());
    const { bytes, ends } = this.#chunks[this.#chunk] ?? EMPTY;
    const first = this.#packet;
    const count = Math.max(0, Math.min(most, ends.length - first));
    const start = first === 0 ? 0 : (ends[first - 1] ?? 0);
    const end = count === 0 ? start : (ends[first + count - 1] ?? start);
    this.#packet += count;
    if (this.#packet === ends.length) {
      this.#chunk += 1;
      this.#packet = 0;
    }
    return { bytes: bytes.subarray(start, end), count };
  }

  /** Lets go of what was sent: a long run would not fit into the memory. */
  forgetSent(): void {
    this.#chunks.splice(0, this.#chunk);
    this.#chunk = 0;
  }

  #makeChunk(): Chunk {
    const bytes = Buffer.allocUnsafe(CHUNK_MESSAGES * PACKET_BYTES);
    const ends = new Uint32Array(CHUNK_MESSAGES);
    let end = 0;
    for (let count = 0; count < CHUNK_MESSAGES; ) {
      const event = this.#events.next().value;
      if (event?.kind !== 'message') continue;
      end = writePublish(bytes, end, event.topic, event.payload, (this.#made % PACKET_IDS) + 1);
      ends[count] = end;
      count += 1;
      this.#made += 1;
    }
    return { bytes: Buffer.from(bytes.subarray(0, end)), ends };
  }
}

const EMPTY: Chunk = { bytes: Buffer.alloc(0), ends: new Uint32Array(0) };

/** @returns where the packet ends */
function writePublish(
  bytes: Buffer,
  start: number,
  topic: string,
  payload: string,
  packetId: number,
): number {
  const length = 2 + topic.length + 2 + payload.length;
  let at = start;
  bytes[at++] = PUBLISH_QOS_1;
  if (length > 127) {
    bytes[at++] = (length & 0x7f) | 0x80;
    bytes[at++] = length >> 7;
  } else bytes[at++] = length;
  at = bytes.writeUInt16BE(topic.length, at);
  at += bytes.write(topic, at, 'latin1');
  at = bytes.writeUInt16BE(packetId, at);
  return at + bytes.write(payload, at, 'latin1');
}
