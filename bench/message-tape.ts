import { simulateFleet } from '../src/embedded/fleet/simulate-fleet.ts';
import type { Message } from '../streams/message.ts';

const SEGMENT = 100_000;
const START_MS = Date.UTC(2026, 9, 1, 11);

interface Segment {
  readonly bytes: Buffer;
  /** Arrival, and where topic and payload end in `bytes`. */
  readonly times: Float64Array;
  readonly topicEnds: Uint32Array;
  readonly payloadEnds: Uint32Array;
}

/**
 * The messages of a simulated fleet, made before anything is timed and kept outside of the heap: neither the fleet nor the
 * messages stand in the caches and on the heap of what is measured.
 */
export class MessageTape {
  readonly #segments: Segment[] = [];

  constructor(boxes: number, messages: number) {
    const fleet = simulateFleet({ boxes, seed: 1, startMs: START_MS, timeZone: 'Asia/Ho_Chi_Minh' });
    for (let made = 0; made < messages; made += SEGMENT)
      this.#segments.push(record(fleet, Math.min(SEGMENT, messages - made)));
  }

  get length(): number {
    return this.#segments.reduce((sum, { times }) => sum + times.length, 0);
  }

  /** Message number `at`, as it would come from the network: its payload is a view. */
  message(at: number): Message {
    const segment = this.#segments[Math.floor(at / SEGMENT)];
    const place = at % SEGMENT;
    if (segment === undefined) throw new RangeError(`no message ${at}`);
    const { bytes, times, topicEnds, payloadEnds } = segment;
    const start = place === 0 ? 0 : (payloadEnds[place - 1] ?? 0);
    const topicEnd = topicEnds[place] ?? 0;
    return {
      topic: bytes.toString('latin1', start, topicEnd),
      payload: bytes.subarray(topicEnd, payloadEnds[place]),
      receivedAt: times[place] ?? 0,
      retained: false,
      resumed: false,
      backlog: false,
    };
  }
}

function record(fleet: ReturnType<typeof simulateFleet>, messages: number): Segment {
  const times = new Float64Array(messages);
  const topicEnds = new Uint32Array(messages);
  const payloadEnds = new Uint32Array(messages);
  const texts: string[] = [];
  let end = 0;
  for (let place = 0; place < messages; ) {
    const { value: event } = fleet.next();
    if (event?.kind !== 'message') continue;
    times[place] = Math.round(event.atMs);
    topicEnds[place] = end + event.topic.length;
    end += event.topic.length + event.payload.length;
    payloadEnds[place] = end;
    texts.push(event.topic, event.payload);
    place++;
  }
  return { bytes: Buffer.from(texts.join(''), 'latin1'), times, topicEnds, payloadEnds };
}
