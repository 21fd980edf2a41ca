import { connect as connectMqtt, type MqttClient } from 'mqtt';
import { type Observable, Subject } from 'rxjs';
import { decodeTopic, topicsOfBox } from '../../streams/decode-topic.ts';
import type { Message } from '../../streams/message.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { clientOptions, type MqttSettings } from './client-options.ts';

/** Topics that one SUBSCRIBE asks for. */
const SUBSCRIBE_BATCH = 500;
const RECONNECT_MS = 2000;
/** Codes of a SUBACK from here on say no. */
const REFUSED = 0x80;

/**
 * The connection to the broker and the topics of the boxes that are listened to. It connects until it is closed,
 * however often the broker goes away, and subscribes anew each time the broker has forgotten it.
 */
export class BoxSubscription {
  /** What the boxes say; without the topic prefix. Subscribe before `connect`. */
  readonly messages$: Observable<Message>;
  readonly #messages = new Subject<Message>();
  readonly #settings: MqttSettings;
  readonly #now: () => number;
  readonly #log: Log;
  #boxes: ReadonlySet<number> = new Set();
  #client: MqttClient | undefined;
  /** Boxes of which the broker refused a topic. */
  readonly #refusedBoxes = new Set<number>();
  #lastFailure = '';

  /** @param now the wall clock, ms UTC: a message's only time is its arrival */
  constructor(settings: MqttSettings, now: () => number, log: Log) {
    this.#settings = settings;
    this.#now = now;
    this.#log = log;
    this.messages$ = this.#messages.asObservable();
  }

  connect(): void {
    const client = connectMqtt(this.#settings.MQTT_URL, {
      ...clientOptions(this.#settings),
      clean: true,
      resubscribe: false,
      reconnectPeriod: RECONNECT_MS,
      reconnectOnConnackError: true,
      connectTimeout: 10_000,
      manualConnect: true,
    });
    this.#client = client;
    client.on('message', (topic, payload, { retain }) => this.#receive(topic, payload, retain));
    client.on('connect', ({ sessionPresent }) => this.#greet(sessionPresent));
    client.on('error', (error) => this.#complain(messageOf(error)));
    client.on('close', () => this.#complain('the connection closed'));
    client.connect();
  }

  get isConnected(): boolean {
    return this.#client?.connected ?? false;
  }

  /** Listens to exactly these boxes from now on; topics that were refused are asked for again. */
  setBoxes(boxes: Iterable<number>): void {
    const before = this.#boxes;
    this.#boxes = new Set(boxes);
    if (!this.isConnected) return;
    const added = [...this.#boxes].filter((box) => !before.has(box) || this.#refusedBoxes.has(box));
    const removed = [...before].filter((box) => !this.#boxes.has(box));
    void this.#subscribe(added);
    for (const topics of this.#topicBatches(removed)) this.#client?.unsubscribe(topics);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    client.removeAllListeners('close');
    await client.endAsync(!client.connected);
    this.#messages.complete();
  }

  #receive(topic: string, payload: Uint8Array, retained: boolean): void {
    const prefix = this.#settings.MQTT_TOPIC_PREFIX;
    if (!topic.startsWith(prefix)) return;
    const receivedAt = this.#now();
    // Each connection begins a new session here, so nothing is resumed and nothing waited.
    const origin = { retained, resumed: false, backlog: false };
    this.#messages.next({ topic: topic.slice(prefix.length), payload, receivedAt, ...origin });
  }

  #greet(sessionPresent: boolean): void {
    this.#lastFailure = '';
    this.#log.info(
      { broker: this.#settings.MQTT_URL, boxes: this.#boxes.size },
      'connected to the MQTT broker',
    );
    if (!sessionPresent) void this.#subscribe(this.#boxes);
  }

  /** Says why there is no connection: once for each reason, not for each attempt. */
  #complain(failure: string): void {
    if (this.#lastFailure !== '' && (failure === this.#lastFailure || failure === 'the connection closed'))
      return;
    this.#lastFailure = failure;
    this.#log.warn({ broker: this.#settings.MQTT_URL, retryMs: RECONNECT_MS }, `no MQTT broker: ${failure}`);
  }

  async #subscribe(boxes: Iterable<number>): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    let topics = 0;
    const refused: string[] = [];
    const asked = new Set(boxes);
    for (const batch of this.#topicBatches(asked)) {
      const refusedOfBatch = await subscribeBatch(client, batch);
      // A connection that broke meanwhile subscribes all boxes again when it is back.
      if (refusedOfBatch === undefined) return;
      refused.push(...refusedOfBatch);
      topics += batch.length;
    }
    for (const box of asked) this.#refusedBoxes.delete(box);
    for (const box of this.#boxesOf(refused)) this.#refusedBoxes.add(box);
    if (topics > 0) this.#log.info({ topics: topics - refused.length }, 'subscribed');
    if (refused.length > 0) {
      this.#log.error(
        { count: refused.length, topics: refused.slice(0, 10) },
        'the MQTT broker refuses topics',
      );
    }
  }

  #boxesOf(topics: readonly string[]): number[] {
    const prefix = this.#settings.MQTT_TOPIC_PREFIX;
    return topics.flatMap((topic) => decodeTopic(topic.slice(prefix.length))?.box ?? []);
  }

  *#topicBatches(boxes: Iterable<number>): Generator<string[]> {
    const prefix = this.#settings.MQTT_TOPIC_PREFIX;
    const topics = [...boxes].flatMap(topicsOfBox).map((topic) => prefix + topic);
    for (let start = 0; start < topics.length; start += SUBSCRIBE_BATCH) {
      yield topics.slice(start, start + SUBSCRIBE_BATCH);
    }
  }
}

/** The topics that the broker refuses, or undefined if there was no answer. */
async function subscribeBatch(client: MqttClient, topics: readonly string[]): Promise<string[] | undefined> {
  const grants = await grantsOf(client, topics);
  return grants && topics.filter((_, at) => (grants[at] ?? 0) >= REFUSED);
}

/**
 * Subscribes with QoS 1. Gives what the broker grants for each topic: a QoS, or a code that says no; nothing if all of
 * them are subscribed to already; undefined if there was no answer.
 */
export function grantsOf(client: MqttClient, topics: readonly string[]): Promise<number[] | undefined> {
  return new Promise((resolve) => {
    client.subscribe([...topics], { qos: 1 }, (error, _grants, packet) => {
      const codes = packet?.granted ?? [];
      if (codes.length === topics.length) resolve(codes.map(Number));
      else resolve(error === null ? [] : undefined);
    });
  });
}
