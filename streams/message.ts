/** One MQTT message as it came in. `receivedAt` is its arrival, the only time it has: ms UTC. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly receivedAt: number;
  /** The broker sent it from its store of retained messages: old news, not a sign of life. */
  readonly retained: boolean;
  /** It came in a session that the broker had kept: what it retains is older than what was received before. */
  readonly resumed: boolean;
  /** It waited at the broker while Evida was away. */
  readonly backlog: boolean;
}
