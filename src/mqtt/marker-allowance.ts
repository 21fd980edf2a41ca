import type { Log } from '../log.ts';
import type { Ending } from './connection.ts';

/** Some brokers end the connection of a client that writes where it must not. */
const ENDED_ON_MARKER = 2;

/** Whether the broker lets Evida have its marker: it is asked for until that does harm, and the trouble is said once. */
export class MarkerAllowance {
  readonly #topic: string;
  readonly #log: Log;
  #hasCome = false;
  #endings = 0;
  #isSaid = false;

  constructor(topic: string, log: Log) {
    this.#topic = topic;
    this.#log = log;
  }

  get isGiven(): boolean {
    return this.#hasCome || this.#endings < ENDED_ON_MARKER;
  }

  /** The broker has handed on a marker or a probe. */
  prove(): void {
    this.#hasCome = true;
  }

  /** A connection ended on which a marker was sent, and nothing was heard of it. */
  consider({ by }: Ending): void {
    if (by === 'closed' || by === 'disconnected') this.#endings++;
  }

  fail(problem: string): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const hint = `Allow this user to write and read ${this.#topic} in the access list of the broker.`;
    this.#log.warn(
      { topic: this.#topic, hint },
      `no marker from the MQTT broker, so what has waited there cannot be told from what is live: ${problem}`,
    );
  }
}
