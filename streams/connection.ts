/** Whether a box is online and heard of, from an instant on. */
export interface Connection {
  readonly box: number;
  readonly timeMs: number;
  /** What the box says of itself; unknown counts as online. */
  readonly online: boolean;
  /** No live message came for SILENT_AFTER. */
  readonly silent: boolean;
}

export interface ConnectionRules {
  readonly silentAfterMs: number;
  /** Where business days start. */
  readonly timeZone: string;
}
