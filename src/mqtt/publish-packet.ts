import type { ProtocolVersion } from './client-options.ts';
import { afterVariableLength, variableLength } from './variable-length.ts';

/** Where a packet has its type, in its first byte. */
const TYPE_SHIFT = 4;
/** The type of a packet that brings a message. */
export const PUBLISH = 3;
const DUP = 0x08;
const RETAIN = 0x01;
const QOS_SHIFT = 1;
const QOS_BITS = 0x03;

/** A message as the broker sends it (MQTT 5, 3.3). */
export interface Publish {
  readonly topic: string;
  /** A view of what came in with others. */
  readonly payload: Buffer;
  /** 0 with QoS 0, which asks for no acknowledgement. */
  readonly packetId: number;
  /** The DUP flag. */
  readonly isRepeated: boolean;
  readonly isRetained: boolean;
}

/** The type of a packet, by its first byte: 1 for CONNECT to 15 for AUTH. */
export function packetType(firstByte: number): number {
  return firstByte >> TYPE_SHIFT;
}

/**
 * Reads the PUBLISH packet between `start` and `end`; the properties of MQTT 5 are passed over. Why not
 * by MQTT.js: docs/decisions/0008-messages-past-mqtt-js.md.
 * @throws RangeError if it is none that may come: of QoS 2, with an alias in place of its topic, or torn
 */
export function readPublish(bytes: Buffer, start: number, end: number, version: ProtocolVersion): Publish {
  const first = bytes[start] ?? 0;
  const qos = (first >> QOS_SHIFT) & QOS_BITS;
  if (qos > 1) throw new RangeError(`the broker sends a message with QoS ${qos}, which nobody asked for`);
  const topicAt = afterVariableLength(bytes, start + 1, end) + 2;
  const topicEnd = topicAt <= end ? topicAt + bytes.readUInt16BE(topicAt - 2) : topicAt;
  const idEnd = topicEnd + (qos === 0 ? 0 : 2);
  if (idEnd > end) throw torn();
  if (topicEnd === topicAt) throw new RangeError('the broker sends a message without a topic');
  const packetId = qos === 0 ? 0 : bytes.readUInt16BE(topicEnd);
  if (qos === 1 && packetId === 0) throw new RangeError('the broker sends a message with the packet id 0');
  const payloadAt = version === 5 ? afterProperties(bytes, idEnd, end) : idEnd;
  return {
    topic: bytes.toString('utf8', topicAt, topicEnd),
    payload: bytes.subarray(payloadAt, end),
    packetId,
    isRepeated: (first & DUP) !== 0,
    isRetained: (first & RETAIN) !== 0,
  };
}

function afterProperties(bytes: Buffer, at: number, end: number): number {
  const begin = afterVariableLength(bytes, at, end);
  const after = begin <= end ? begin + variableLength(bytes, at, begin) : begin;
  if (after > end) throw torn();
  return after;
}

function torn(): RangeError {
  return new RangeError('the broker sends a message that ends before it is whole');
}
