import type { Receipts } from './receipts.ts';

/** Held messages take memory that no limit of the log counts; this many bytes are enough for 65,534 messages of a box. */
const MOST_HELD_BYTES = 64 * 1024 * 1024;

/** What is known of a QoS 1 message when it comes in. */
interface Delivered {
  readonly packetId: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The DUP flag: the broker has sent it before. Whether it arrived then is the question. */
  readonly isRepeated: boolean;
}

/** What becomes of a message and of those that were held before it: they wait, or so many are copies and these are new. */
export type Verdict<T> =
  | { readonly isHeld: true }
  | { readonly isHeld: false; readonly copies: number; readonly fresh: readonly T[] };

const HELD = { isHeld: true } as const;

/**
 * Tells copies from new messages in one connection of a session that the broker has kept. Acknowledgements keep the order
 * of receipt, so what the broker sends again begins with the last of what was received: the copies are a run of messages
 * with the DUP flag, at the start of the connection, that matches the receipts one by one to their end. A run that breaks
 * off before is none, and then all of it is new; so is everything after it.
 */
export class Redelivery<T extends Delivered> {
  readonly #receipts: Receipts;
  readonly #held: T[] = [];
  #heldBytes = 0;
  /** The receipt that the next message has to match. */
  #expected = -1;
  #isOver: boolean;

  constructor(receipts: Receipts, isSessionKept: boolean) {
    this.#receipts = receipts;
    this.#isOver = !isSessionKept || receipts.length === 0;
  }

  /** Everything is new from now on, and nothing is held. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Messages wait for the next one. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** Judges the next message, as long as it is not over. */
  take(message: T): Verdict<T> {
    if (this.#held.length === 0) this.#expected = this.#receipts.lastIndexOf(message.packetId);
    const { packetId, topic, payload } = message;
    const isMatch = message.isRepeated && this.#receipts.isAt(this.#expected, packetId, topic, payload);
    this.#held.push(message);
    this.#heldBytes += payload.length;
    if (!isMatch || this.#heldBytes > MOST_HELD_BYTES) {
      return { isHeld: false, copies: 0, fresh: this.end() };
    }
    this.#expected++;
    if (this.#expected < this.#receipts.length) return HELD;
    return { isHeld: false, copies: this.end().length, fresh: [] };
  }

  /** Nothing more is sent again: gives what was held, which is new. */
  end(): readonly T[] {
    this.#isOver = true;
    return this.#held.splice(0);
  }
}
