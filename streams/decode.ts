import { decodePayload } from './decode-payload.ts';
import { decodeTopic } from './decode-topic.ts';
import type { Message } from './message.ts';
import type { Readings, Rejection } from './reading.ts';

/** What became of one message: its readings if it had any, and what was rejected of it. */
export interface Decoded {
  readonly message: Message;
  readonly readings: Readings | undefined;
  readonly rejections: readonly Rejection[];
}

/** Decodes one message (domain.md, "Wire protocol"); bad input becomes a rejection, never an error. */
export function decode(message: Message): Decoded {
  const topic = decodeTopic(message.topic);
  if (topic === undefined) {
    return {
      message,
      readings: undefined,
      rejections: [{ reason: 'unknown-topic', text: message.topic.slice(0, 64) }],
    };
  }
  const { values, rejections } = decodePayload(topic.quantity, message.payload);
  if (values.length === 0) return { message, readings: undefined, rejections };
  const { receivedAt, retained, resumed, backlog } = message;
  const { box, quantity } = topic;
  const readings: Readings = {
    kind: 'readings',
    box,
    quantity,
    receivedAt,
    retained,
    resumed,
    backlog,
    values,
  };
  return { message, readings, rejections };
}
