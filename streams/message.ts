/** One MQTT message as it came in. `receivedAt` is its arrival, the only time it has: ms UTC. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly receivedAt: number;
  /** The broker sent it from its store of retained messages: old news, not a sign of life. */
  readonly retained: boolean;
}
