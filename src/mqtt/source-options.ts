import type { EvidaError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ProtocolVersion, SessionSettings } from './client-options.ts';
import type { Commits } from './gated-stream.ts';
import type { Receipts } from './receipts.ts';
import type { Received } from './reception.ts';

export interface MqttSourceOptions {
  readonly settings: SessionSettings;
  readonly commits: Commits;
  /** What was received in the session until now; from `start` on, only the source adds to it and clears it. */
  readonly receipts: Receipts;
  /**
   * Appends the message to the log before it returns. If it throws, the message is not acknowledged, and the connection is
   * dropped and tried again.
   */
  readonly onMessage: (received: Received) => void;
  /** Before any message of the connection; the receipts have been cleared if the session is a new one. May throw as well. */
  readonly onConnected: (session: { readonly sessionPresent: boolean }) => void;
  /** Once for each `onConnected`. */
  readonly onDisconnected: (reason: string) => void;
  /** For each message that had been received before. */
  readonly onDuplicate: () => void;
  /** MQTT_TAKEN_OVER. The source has stopped for good. */
  readonly onFatal: (error: EvidaError) => void;
  /** A clock, ms. */
  readonly now: () => number;
  readonly log: Log;
  readonly pace?: Pace;
}

/** How long it waits, ms. */
export interface Pace {
  /** Before the next attempt, growing; and after the broker has refused who Evida is. */
  readonly retryMs: number;
  readonly retryMostMs: number;
  readonly refusedMs: number;
  /** After a connection that held for so long, the waits are short again. */
  readonly steadyMs: number;
  /** For a sign that the broker hands on markers. */
  readonly markerWithinMs: number;
}

export const PACE: Pace = {
  retryMs: 500,
  retryMostMs: 10_000,
  refusedMs: 30_000,
  steadyMs: 2000,
  markerWithinMs: 60_000,
};
export interface MqttStats {
  readonly connected: boolean;
  /** Connected, and all topics of the boxes have been asked for. */
  readonly listening: boolean;
  /** Why it stays away from the broker, if it does. */
  readonly suspended: string | undefined;
  /** Since when it has been connected, or not; by `now`, ms. */
  readonly since: number;
  /** 5, or 4 for MQTT 3.1.1. */
  readonly protocolVersion: ProtocolVersion;
  /** Connections after the first one. */
  readonly reconnects: number;
  readonly duplicates: number;
  /** Topics that are subscribed to, and that the broker refused. */
  readonly topics: number;
  readonly refusedTopics: number;
  /** What comes in now had waited at the broker. */
  readonly backlog: boolean;
  readonly lastFailure: string | undefined;
}
