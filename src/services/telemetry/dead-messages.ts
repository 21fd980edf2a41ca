import type { Decoded } from '../../../streams/decode.ts';
import type { RejectionReason } from '../../../streams/reading.ts';
import type { DeadLetters } from '../../journal/dead-letters.ts';
import type { Log } from '../../log.ts';

/** Reasons that one line of the log names; a message can have thousands. */
const MOST_NAMED = 5;

/** Keeps messages of which nothing could be used as dead letters, and counts what was rejected of the others. */
export class DeadMessages {
  readonly #letters: DeadLetters;
  readonly #log: Log;
  readonly #rejected = new Map<RejectionReason, number>();

  constructor(letters: DeadLetters, log: Log) {
    this.#letters = letters;
    this.#log = log;
  }

  /** @param sequence of the message in the log; a letter that is kept already, from before a crash, is not kept twice */
  look({ message, readings, rejections }: Decoded, sequence: number): void {
    if (rejections.length === 0) return;
    for (const { reason } of rejections) this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1);
    this.#log.debug(
      { topic: message.topic, rejections: rejections.slice(0, MOST_NAMED), used: readings !== undefined },
      'a message could not be used, or not all of it',
    );
    const [first] = rejections;
    if (readings !== undefined || first === undefined) return;
    this.#letters.add({
      kind: 'message',
      id: sequence,
      receivedAt: message.receivedAt,
      topic: message.topic,
      payload: Buffer.from(message.payload).toString('base64'),
      reason: first.reason,
      detail: first.text,
      diedAt: message.receivedAt,
    });
  }

  /** Pairs that could not be used, by reason, since the start. */
  get rejectedPairs(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rejected);
  }
}
