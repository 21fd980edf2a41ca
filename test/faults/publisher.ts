import { setTimeout as delay } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';

interface Address {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

const RETRY_MS = 100;

/**
 * The fleet's connection to the broker, with QoS 1. A message is published when the broker has acknowledged it; until
 * then it is sent again, so a broker that dies may have got it twice: whoever publishes says nothing new of a thing
 * before the last word on it is acknowledged.
 */
export class Publisher {
  acknowledged = 0;
  /** Messages that may have reached the broker more than once. */
  repeated = 0;
  readonly #broker: () => Address;
  readonly #closing = new AbortController();
  #client: Promise<MqttClient> | undefined;
  #released: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;

  /** @param broker where it is; asked at each connection */
  constructor(broker: () => Address) {
    this.#broker = broker;
  }

  /** From now on nothing is sent: what waits does so until `release`. */
  hold(): void {
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }

  /** Resolves when the broker has acknowledged it, however often the broker goes away; rejects when closed. */
  async publish(topic: string, payload: string | Buffer): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#released;
      this.#client ??= this.#connect();
      const client = await this.#client;
      if (await isAcknowledged(client, topic, payload)) {
        this.acknowledged += 1;
        return;
      }
      this.#closing.signal.throwIfAborted();
      if (attempt === 0) this.repeated += 1;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the publisher is closed'));
    this.release();
    const client = await this.#client?.catch(() => undefined);
    await client?.endAsync(true);
  }

  async #connect(): Promise<MqttClient> {
    const { signal } = this.#closing;
    for (;;) {
      signal.throwIfAborted();
      const { url, username, password } = this.#broker();
      const client = mqtt.connect(url, { username, password, protocolVersion: 5, reconnectPeriod: 0 });
      if (await isConnected(client)) {
        client.once('close', () => {
          this.#client = undefined;
          // Fails what is unacknowledged, in its order.
          client.end(true);
        });
        return client;
      }
      await client.endAsync(true);
      await delay(RETRY_MS, undefined, { signal });
      await this.#released;
    }
  }
}

function isConnected(client: MqttClient): Promise<boolean> {
  return new Promise((resolve) => {
    client.once('connect', () => resolve(true));
    client.on('error', () => resolve(false)).once('close', () => resolve(false));
  });
}

function isAcknowledged(client: MqttClient, topic: string, payload: string | Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    client.publish(topic, payload, { qos: 1 }, (error) => resolve(!error));
  });
}
