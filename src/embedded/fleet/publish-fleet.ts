import { setTimeout as delay } from 'node:timers/promises';
import { FactRecorder } from './fact-recorder.ts';
import { FleetConnection } from './fleet-connection.ts';
import type { FleetEvent } from './fleet-event.ts';
import { type FleetOptions, simulateFleet } from './simulate-fleet.ts';

export interface PublishFleetOptions {
  readonly mqttUrl: string;
  readonly username?: string;
  readonly password?: string;
  /** Put before each topic; '' if absent. */
  readonly topicPrefix?: string;
  /** `startMs` is now, if absent. */
  readonly fleet: Omit<FleetOptions, 'startMs' | 'endMs'> & { readonly startMs?: number };
  /** How long to publish, in real ms; until aborted, if absent. */
  readonly forMs?: number;
  /** Gets what happened physically, as lines of JSON (see RecordedFact). It is replaced; only its owner may read it. */
  readonly recordFile?: string;
  /** How much faster than the wall clock the fleet lives; 1 if absent. */
  readonly speed?: number;
  readonly signal?: AbortSignal;
  /** 1 if absent. */
  readonly qos?: 0 | 1;
  /** Told about once a second. */
  readonly onStats?: (stats: FleetStats) => void;
}

interface FleetStats {
  readonly messages: number;
  readonly facts: number;
  /** Sent and not yet acknowledged. */
  readonly inFlight: number;
  /** How far publishing is behind its time. */
  readonly lagMs: number;
}

export interface FleetSummary {
  readonly messages: number;
  /** Less than `messages` only if it was aborted while the broker was away. */
  readonly acknowledged: number;
  readonly facts: number;
  readonly reconnects: number;
  readonly durationMs: number;
}

const STATS_EVERY_MS = 1000;
const DISPATCH_MS = 5;

/**
 * Publishes a simulated fleet at its own time over one connection. It falls behind rather than hold more than a bounded
 * number of unacknowledged messages, and ends at `forMs` or on abort, when all is acknowledged, leaving nothing open.
 *
 * @throws EvidaError MQTT_UNAVAILABLE if the broker refuses or cannot be reached at first; whatever the file system
 *   refuses of `recordFile`
 */
export async function publishFleet(options: PublishFleetOptions): Promise<FleetSummary> {
  const { mqttUrl, username, password, recordFile, qos = 1 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const startedMs = performance.now();
  const connection = await FleetConnection.open({ mqttUrl, username, password, qos, signal });
  try {
    const recorder = recordFile === undefined ? undefined : await FactRecorder.open(recordFile);
    try {
      const { messages, facts } = await play(options, connection, recorder, signal);
      await connection.close(signal);
      const { acknowledged, reconnects } = connection;
      return { messages, acknowledged, facts, reconnects, durationMs: performance.now() - startedMs };
    } finally {
      await recorder?.close();
    }
  } finally {
    await connection.close(AbortSignal.abort());
  }
}

async function play(
  { fleet, topicPrefix = '', forMs = Number.POSITIVE_INFINITY, speed = 1, onStats }: PublishFleetOptions,
  connection: FleetConnection,
  recorder: FactRecorder | undefined,
  signal: AbortSignal,
): Promise<{ messages: number; facts: number }> {
  const startMs = fleet.startMs ?? Date.now();
  const beganMs = performance.now();
  let messages = 0;
  let facts = 0;
  let statsAtMs = STATS_EVERY_MS;
  const perform = (event: FleetEvent): void => {
    if (event.kind === 'message') {
      messages += 1;
      connection.publish(topicPrefix + event.topic, event.payload);
    } else {
      facts += 1;
      recorder?.record(event.atMs, event.fact);
    }
  };
  for (const event of simulateFleet({ ...fleet, startMs, endMs: startMs + forMs * speed })) {
    const dueMs = (event.atMs - startMs) / speed;
    if (signal.aborted) break;
    const elapsedMs = performance.now() - beganMs;
    if (onStats !== undefined && elapsedMs >= statsAtMs) {
      statsAtMs = elapsedMs + STATS_EVERY_MS;
      onStats({ messages, facts, inFlight: connection.inFlight, lagMs: Math.max(0, elapsedMs - dueMs) });
    }
    const waitMs = dueMs - elapsedMs;
    // Short waits are gathered: thousands of messages a second cost a few hundred timers.
    if (waitMs > 0) await delay(Math.max(DISPATCH_MS, waitMs), undefined, { signal }).catch(() => undefined);
    if (connection.isFull) await connection.untilRoom(signal);
    if (signal.aborted) break;
    perform(event);
  }
  return { messages, facts };
}
