import { randomUUID } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { messageOf } from '../errors.ts';
import { grantsOf, REFUSED } from './grants.ts';

/** So often in the time that it may take. A broker whose queue was full has dropped it. */
const SEND_AGAIN = 3;

/** Where Evida writes to itself. A client id may hold what a topic must not: wildcards and slashes. */
export function markerTopic(prefix: string, clientId: string): string {
  return `${prefix}evida/${encodeURIComponent(clientId)}/marker`;
}

interface MarkerEvents {
  /** The broker hands markers on. */
  readonly onProven: () => void;
  /** Told once, why the marker will not come. */
  readonly onFailed: (problem: string) => void;
}

/**
 * A message of Evida to itself, by which it knows that all the broker had queued for it has come: with QoS 1 it stands at
 * the end of that queue. Beside it goes a probe with QoS 0, which passes the queue: it tells in time that the broker hands
 * markers on at all, however long the queue is.
 */
export class Marker {
  readonly #client: MqttClient;
  readonly #topic: string;
  readonly #withinMs: number;
  readonly #events: MarkerEvents;
  readonly #nonce = randomUUID();
  #state: 'unsent' | 'open' | 'proven' | 'over' = 'unsent';
  #deadline: NodeJS.Timeout | undefined;
  #repetition: NodeJS.Timeout | undefined;

  /** @param withinMs how long a first sign may take: the probe, or the marker itself */
  constructor(client: MqttClient, topic: string, withinMs: number, events: MarkerEvents) {
    this.#client = client;
    this.#topic = topic;
    this.#withinMs = withinMs;
    this.#events = events;
  }

  /** It was sent, and nothing has been heard of it. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  send(): void {
    this.#state = 'open';
    this.#deadline = setTimeout(
      () => this.#fail(`it did not come back within ${this.#withinMs / 1000} s`),
      this.#withinMs,
    );
    this.#repetition = setInterval(() => this.#publish(), this.#withinMs / SEND_AGAIN);
    void grantsOf(this.#client, [this.#topic]).then((grants) => {
      if ((grants?.[0] ?? 0) >= REFUSED) this.#fail('the broker refuses the subscription');
    });
    this.#client.publish(this.#topic, `probe ${this.#nonce}`, { qos: 0 });
    this.#publish();
  }

  /** Whether this is the marker of this connection. Those of earlier ones, and probes, say nothing of the queue. */
  recognise(payload: Uint8Array): boolean {
    const text = Buffer.from(payload).toString();
    const isMarker = text === this.#nonce;
    if (this.#state === 'over' || !(isMarker || text === `probe ${this.#nonce}`)) return false;
    this.#state = isMarker ? 'over' : 'proven';
    if (isMarker) this.stop();
    else clearTimeout(this.#deadline);
    this.#events.onProven();
    return isMarker;
  }

  /** Nothing more is sent or said. */
  stop(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#repetition);
  }

  #publish(): void {
    this.#client.publish(this.#topic, this.#nonce, { qos: 1 }, (error) => {
      if (error) this.#fail(`the broker refuses to take it: ${messageOf(error)}`);
    });
  }

  #fail(problem: string): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.stop();
    this.#events.onFailed(problem);
  }
}
