import { z } from 'zod';

/** A message as it was received. */
export interface JournalMessage {
  readonly kind: 'message';
  /** Milliseconds since 1970, whole. */
  readonly receivedAt: number;
  /** 0 for QoS 0. */
  readonly packetId: number;
  /** The broker kept it from before the subscription. */
  readonly retained: boolean;
  /** It came in a session that the broker had kept. */
  readonly resumed: boolean;
  /** It was queued at the broker while nobody listened. */
  readonly backlog: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** What was decided: one line of line protocol, with its time in milliseconds. */
interface JournalPoint {
  readonly kind: 'point';
  readonly line: string;
}

/** What happened to Evida itself. */
interface JournalControl {
  readonly kind: 'control';
  readonly control: Control;
}

export type JournalEntry = JournalMessage | JournalPoint | JournalControl;
export type JournalKind = JournalEntry['kind'];

/** An entry and its place in the log. */
export interface JournalRecord {
  /** One more than that of the record before it, over all segments and restarts. */
  readonly sequence: number;
  readonly entry: JournalEntry;
}

const time = z.int().nonnegative();
const count = z.int().nonnegative();

/** The control records; times in milliseconds. */
export const controlSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('started'), at: time, version: z.string() }),
  /** The thresholds in effect from here on, as the environment names them. */
  z.strictObject({ kind: z.literal('settings'), values: z.record(z.string(), z.string()) }),
  z.strictObject({ kind: z.literal('connected'), at: time, sessionPresent: z.boolean() }),
  /** Nobody watched in between. */
  z.strictObject({ kind: z.literal('unobserved'), from: time, to: time }),
  z.strictObject({ kind: z.literal('listed'), box: z.int(), at: time }),
  z.strictObject({ kind: z.literal('removed'), box: z.int(), at: time }),
  /** A last photograph as InfluxDB had it, line protocol: what happens next is compared with it. */
  z.strictObject({ kind: z.literal('recalled'), line: z.string() }),
  /** All points up to `through` are answered; the counts are those since the `sent` before. */
  z.strictObject({ kind: z.literal('sent'), through: count, written: count, dead: count }),
]);

export type Control = Readonly<z.infer<typeof controlSchema>>;

/** The time that an entry carries, if any: points carry that of their decision, which is no time of the log. */
export function timeOf(entry: JournalEntry): number | undefined {
  if (entry.kind === 'message') return entry.receivedAt;
  if (entry.kind === 'point') return undefined;
  if ('at' in entry.control) return entry.control.at;
  return entry.control.kind === 'unobserved' ? entry.control.to : undefined;
}
