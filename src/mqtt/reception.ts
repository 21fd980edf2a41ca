import type { GatedStream } from './gated-stream.ts';
import type { Publish } from './publish-packet.ts';
import type { Receipts } from './receipts.ts';
import { Redelivery, type Verdict } from './redelivery.ts';

/** A message as it came in, whatever it holds. */
export interface Received {
  /** 0 for QoS 0. */
  readonly packetId: number;
  /** Without the prefix; outside of it, the whole topic behind `//`, which is no topic of a box. */
  readonly topic: string;
  /** A view of what came in with others: to be copied by whoever keeps it. */
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** In a session that the broker had kept. */
  readonly resumed: boolean;
  /** It had waited at the broker. */
  readonly backlog: boolean;
}

interface Incoming extends Received {
  readonly isRepeated: boolean;
}

export interface ReceptionParts {
  readonly prefix: string;
  readonly markerTopic: string;
  readonly isSessionKept: boolean;
  readonly receipts: Receipts;
  readonly gate: Pick<GatedStream, 'hold' | 'release'>;
  /** Whether a message on the topic of the marker is the one that ends the backlog. */
  readonly isMarker: (payload: Uint8Array) => boolean;
  readonly onMessage: (received: Received) => void;
  readonly onDuplicate: () => void;
}

const OUTSIDE = '//';

/** What comes in during one connection: tells copies from messages, and what had waited at the broker from what is live. */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #redelivery: Redelivery<Incoming>;
  #isBacklog: boolean;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    this.#redelivery = new Redelivery(parts.receipts, parts.isSessionKept);
    this.#isBacklog = parts.isSessionKept;
  }

  get isBacklog(): boolean {
    return this.#isBacklog;
  }

  /** Takes a message; whatever `onMessage` throws passes through, and then it must not be acknowledged. */
  receive({ topic, payload, packetId, isRepeated, isRetained }: Publish): void {
    const { prefix, markerTopic, isMarker, isSessionKept } = this.#parts;
    if (topic === markerTopic) {
      if (isMarker(payload)) this.endBacklog();
      return;
    }
    const message: Incoming = {
      packetId,
      topic: topic.startsWith(prefix) ? topic.slice(prefix.length) : OUTSIDE + topic,
      payload,
      retained: isRetained,
      resumed: isSessionKept,
      backlog: this.#isBacklog,
      isRepeated,
    };
    // QoS 0 is never sent again, and stands in no order with the messages that are.
    if (this.#redelivery.isOver || packetId === 0) this.#pass(message);
    else this.#judge(this.#redelivery.take(message));
  }

  /** Messages wait, unacknowledged, for the one that tells whether they are copies. */
  get isHolding(): boolean {
    return this.#redelivery.isHolding;
  }

  /** That one does not come: what is held is new. */
  endHold(): void {
    this.#judge({ isHeld: false, copies: 0, fresh: this.#redelivery.end() });
  }

  /** All that had waited has come, or nobody can tell. */
  endBacklog(): void {
    this.endHold();
    this.#isBacklog = false;
  }

  #judge(verdict: Verdict<Incoming>): void {
    if (verdict.isHeld) {
      this.#parts.gate.hold();
      return;
    }
    for (const message of verdict.fresh) this.#pass(message);
    for (let copy = 0; copy < verdict.copies; copy++) this.#parts.onDuplicate();
    this.#parts.gate.release();
  }

  #pass(message: Incoming): void {
    this.#parts.onMessage(message);
    this.#parts.receipts.add(message.packetId, message.topic, message.payload);
  }
}
