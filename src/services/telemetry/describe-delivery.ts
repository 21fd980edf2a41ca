import type { DeliveryStatus, Part } from '../../http/status.ts';
import type { SenderStats } from '../../influx/sender.ts';
import type { DeadLetters } from '../../journal/dead-letters.ts';
import type { Journal } from '../../journal/journal.ts';
import type { MqttStats } from '../../mqtt/source-options.ts';
import type { NoisyOutlet } from './noise.ts';

interface DeliveryParts {
  readonly mqtt: MqttStats;
  readonly sender: SenderStats;
  readonly journal: Journal;
  readonly letters: DeadLetters;
  readonly lastMessageAtMs: number | undefined;
  readonly silentBoxes: number | undefined;
  readonly rejectedPairs: Readonly<Record<string, number>>;
  readonly noisiest: readonly NoisyOutlet[];
  readonly snapshotAtMs: number | undefined;
  readonly clockAheadMs: number;
  readonly nowMs: number;
}

/** Delivery as `evida status` and the metrics show it. */
export function describeDelivery(parts: DeliveryParts): DeliveryStatus {
  const { mqtt, sender, journal, letters } = parts;
  const oldestAtMs = sender.oldestAtMs;
  return {
    connected: mqtt.connected,
    listening: mqtt.listening,
    backlog: mqtt.backlog,
    reconnects: mqtt.reconnects,
    refusedTopics: mqtt.refusedTopics,
    lastMessageAt: parts.lastMessageAtMs === undefined ? null : iso(parts.lastMessageAtMs),
    silentBoxes: parts.silentBoxes ?? null,
    rejectedPairs: parts.rejectedPairs,
    oldestUnsentAt: oldestAtMs === undefined ? null : iso(oldestAtMs),
    lagMs: oldestAtMs === undefined ? 0 : Math.max(0, Math.round(parts.nowMs - oldestAtMs)),
    journalBytes: journal.bytes,
    journalMaxBytes: journal.maxBytes,
    uncommittedBytes: journal.uncommittedBytes,
    refusal: journal.refusal?.reason ?? null,
    snapshotAt: parts.snapshotAtMs === undefined ? null : iso(parts.snapshotAtMs),
    clockAheadMs: parts.clockAheadMs,
    writeRequests: sender.requests,
    writeRetries: sender.retries,
    deadLetters: countLetters(letters),
    noisiest: [...parts.noisiest],
  };
}

/** Whether each part of the way does what it should. */
export function describeParts({
  mqtt,
  sender,
  journal,
}: Pick<DeliveryParts, 'mqtt' | 'sender' | 'journal'>): {
  readonly broker: Part;
  readonly log: Part;
  readonly influxdb: Part;
} {
  return {
    broker: part(mqtt.listening, mqtt.suspended ?? mqtt.lastFailure ?? 'not subscribed to all boxes yet'),
    log: part(journal.refusal === undefined, journal.refusal?.reason),
    influxdb: part(sender.state === 'idle' || sender.state === 'sending', sender.lastError?.message),
  };
}

function part(ready: boolean, problem: string | undefined): Part {
  return { ready, problem: ready ? null : (problem ?? null) };
}

/** Messages by their reason; points together, since their reasons are InfluxDB's words. */
function countLetters(letters: DeadLetters): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, reason, letters: count } of letters.counts) {
    const name = kind === 'point' ? 'refused-point' : reason;
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
