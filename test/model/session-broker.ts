/** A PUBLISH with QoS 1 on its way to the client. */
export interface Packet {
  readonly topic: string;
  readonly payload: Buffer;
  readonly messageId: number;
  readonly dup: boolean;
}

interface Message {
  readonly topic: string;
  readonly text: string;
  /** Counted over the messages that are no markers. */
  readonly number: number;
}

interface BrokerOptions {
  /** Messages that may be on their way without being acknowledged. */
  readonly window: number;
  readonly packetIds: number;
  readonly numbering: 'in turn' | 'lowest free';
}

/**
 * The session of one client at a broker, as the MQTT specification has it: messages are sent in their order, at most so many
 * ahead of their acknowledgement, and after a reconnect those that were not acknowledged come first, in their order, with
 * DUP and their old packet ids.
 */
export class ModelBroker {
  readonly #options: BrokerOptions;
  readonly #queue: Message[] = [];
  #inFlight: { readonly message: Message; readonly messageId: number }[] = [];
  #wire: Packet[] = [];
  readonly #numbers = new Map<Uint8Array, number>();
  #published = 0;
  #lastId = 0;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** What was on its way is lost. */
  connect(): void {
    this.#wire = this.#inFlight.map(({ message, messageId }) => this.#packet(message, messageId, true));
    this.#send();
  }

  publish(topic: string, text: string): void {
    const number = topic.endsWith('/marker') ? -1 : this.#published++;
    this.#queue.push({ topic, text, number });
    this.#send();
  }

  /** The next packet that arrives. */
  deliver(): Packet | undefined {
    return this.#wire.shift();
  }

  acknowledge(messageId: number): void {
    this.#inFlight = this.#inFlight.filter((each) => each.messageId !== messageId);
    this.#send();
  }

  get isBusy(): boolean {
    return this.#queue.length + this.#inFlight.length > 0;
  }

  /** Which message a payload was sent for: payloads may be equal. */
  numberOf(payload: Uint8Array): number {
    return this.#numbers.get(payload) ?? Number.NaN;
  }

  #send(): void {
    while (this.#inFlight.length < this.#options.window) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      const messageId = this.#nextId();
      this.#inFlight.push({ message, messageId });
      this.#wire.push(this.#packet(message, messageId, false));
    }
  }

  #packet({ topic, text, number }: Message, messageId: number, dup: boolean): Packet {
    const payload = Buffer.from(text);
    this.#numbers.set(payload, number);
    return { topic, payload, messageId, dup };
  }

  #nextId(): number {
    const isFree = (id: number) => this.#inFlight.every(({ messageId }) => messageId !== id);
    const start = this.#options.numbering === 'in turn' ? this.#lastId : 0;
    for (let step = 0; ; step++) {
      const id = ((start + step) % this.#options.packetIds) + 1;
      if (isFree(id)) {
        this.#lastId = id;
        return id;
      }
    }
  }
}
