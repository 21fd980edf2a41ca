import type { MqttClient } from 'mqtt';
import { topicsOfBox } from '../../streams/decode-topic.ts';
import type { Log } from '../log.ts';
import { grantsOf, REFUSED } from './grants.ts';

/** Topics that one SUBSCRIBE asks for at most, and how many of these are on their way at once. */
const MOST_TOPICS = 500;
const BATCHES_AT_ONCE = 4;
const TOPICS_OF_BOX = topicsOfBox(0).length;
const BOXES_OF_BATCH = Math.floor(MOST_TOPICS / TOPICS_OF_BOX);

/**
 * Brings what the session of the broker is subscribed to in line with the boxes that are to be listened to: after each
 * change of the list, and after each connection.
 */
export class BoxTopics {
  readonly #prefix: string;
  readonly #log: Log;
  /** Undefined until the first list. */
  #wanted: ReadonlySet<number> | undefined;
  /** The boxes that the session is subscribed to, each with how many of its topics the broker refused. */
  readonly #subscribed = new Map<number, number>();
  #client: MqttClient | undefined;
  #aligning: Promise<void> | undefined;
  #isListening = false;

  constructor(prefix: string, log: Log) {
    this.#prefix = prefix;
    this.#log = log;
  }

  /** Listens to exactly these boxes from now on; what the broker refused is asked for again. */
  setBoxes(boxes: Iterable<number>): void {
    this.#wanted = new Set(boxes);
    for (const [box, refused] of this.#subscribed) {
      if (refused > 0 && this.#wanted.has(box)) this.#subscribed.delete(box);
    }
    void this.#align();
  }

  /** A connection is there. Resolves when its session has all topics, or the connection is gone. */
  attach(client: MqttClient, isSessionKept: boolean): Promise<void> {
    this.#client = client;
    if (!isSessionKept) this.#subscribed.clear();
    return this.#align();
  }

  /** The connection is gone. */
  detach(): void {
    this.#client = undefined;
    this.#isListening = false;
  }

  /** There is a list, and all of it was asked for since this connection began. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Topics that the session is subscribed to. */
  get count(): number {
    return this.#subscribed.size * TOPICS_OF_BOX - this.refused;
  }

  /** Topics that the broker refuses. */
  get refused(): number {
    let sum = 0;
    for (const refused of this.#subscribed.values()) sum += refused;
    return sum;
  }

  /** One at a time; what changes meanwhile is seen by the one that runs. */
  #align(): Promise<void> {
    this.#aligning ??= this.#work().finally(() => {
      this.#aligning = undefined;
    });
    return this.#aligning;
  }

  async #work(): Promise<void> {
    const refused: string[] = [];
    const downgraded: string[] = [];
    let isChanged = false;
    for (let client = this.#client; client?.connected; client = this.#client) {
      const { added, removed } = this.#differences();
      if (added.length + removed.length === 0) {
        this.#isListening = this.#wanted !== undefined;
        if (isChanged) this.#report(refused, downgraded);
        return;
      }
      isChanged = true;
      const isAnswered =
        (await this.#unsubscribe(client, removed)) &&
        (await this.#subscribe(client, added, refused, downgraded));
      // Another connection has begun meanwhile, or the next one will go on.
      if (!isAnswered && client === this.#client) return;
    }
  }

  #differences(): { readonly added: readonly number[]; readonly removed: readonly number[] } {
    const wanted = this.#wanted;
    if (wanted === undefined) return { added: [], removed: [] };
    return {
      added: [...wanted].filter((box) => !this.#subscribed.has(box)),
      removed: [...this.#subscribed.keys()].filter((box) => !wanted.has(box)),
    };
  }

  /** Asks for the topics of the first of these boxes, and says whether all was answered. */
  async #subscribe(
    client: MqttClient,
    boxes: readonly number[],
    refused: string[],
    downgraded: string[],
  ): Promise<boolean> {
    const answers = batchesOf(boxes).map(async (batch) => {
      const topics = this.#topicsOf(batch);
      const grants = await grantsOf(client, topics);
      if (grants === undefined || client !== this.#client) return false;
      const isRefused = (_: string, at: number) => (grants[at] ?? 0) >= REFUSED;
      refused.push(...topics.filter(isRefused));
      downgraded.push(...topics.filter((_, at) => grants[at] === 0));
      batch.forEach((box, at) => {
        const first = at * TOPICS_OF_BOX;
        const refusals = grants.slice(first, first + TOPICS_OF_BOX).filter((code) => code >= REFUSED);
        this.#subscribed.set(box, refusals.length);
      });
      return true;
    });
    return (await Promise.all(answers)).every(Boolean);
  }

  async #unsubscribe(client: MqttClient, boxes: readonly number[]): Promise<boolean> {
    const answers = batchesOf(boxes).map(
      (batch) =>
        new Promise<boolean>((resolve) => {
          client.unsubscribe(this.#topicsOf(batch), (error) => {
            const isDone = !error && client === this.#client;
            if (isDone) for (const box of batch) this.#subscribed.delete(box);
            resolve(isDone);
          });
        }),
    );
    return (await Promise.all(answers)).every(Boolean);
  }

  #topicsOf(boxes: readonly number[]): string[] {
    return boxes.flatMap(topicsOfBox).map((topic) => this.#prefix + topic);
  }

  #report(refused: readonly string[], downgraded: readonly string[]): void {
    this.#log.info({ topics: this.count }, 'subscribed');
    const some = (topics: readonly string[]) => ({ count: topics.length, topics: topics.slice(0, 10) });
    if (refused.length > 0) this.#log.error(some(refused), 'the MQTT broker refuses topics');
    if (downgraded.length > 0) {
      this.#log.warn(some(downgraded), 'the MQTT broker grants topics with QoS 0 only: messages may be lost');
    }
  }
}

/** As many as go at once; the others come in the next turn. */
function batchesOf(boxes: readonly number[]): (readonly number[])[] {
  const batches: (readonly number[])[] = [];
  for (let at = 0; at < BATCHES_AT_ONCE; at++) {
    const batch = boxes.slice(at * BOXES_OF_BATCH, (at + 1) * BOXES_OF_BATCH);
    if (batch.length > 0) batches.push(batch);
  }
  return batches;
}
