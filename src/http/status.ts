import { z } from 'zod';

const Count = z.number().int().nonnegative();
/** An instant, ISO 8601 UTC. */
const Instant = z.string();

/**
 * The books of a process with its log: they close at any instant, over all restarts.
 * received = decoded + dead + duplicate; decided = written + dead + unsent.
 */
const Books = z.object({
  messages: z.object({ received: Count, decoded: Count, dead: Count, duplicate: Count }),
  points: z.object({ decided: Count, written: Count, dead: Count, unsent: Count }),
});

/** Whether a part does what it should, and if not, why. */
const Part = z.object({ ready: z.boolean(), problem: z.string().nullable() });

const Delivery = z.object({
  connected: z.boolean(),
  /** All topics of all boxes are subscribed to. */
  listening: z.boolean(),
  /** What comes now had waited at the broker while Evida was away. */
  backlog: z.boolean(),
  reconnects: Count,
  refusedTopics: Count,
  /** When a box said anything last, since the start: what the broker has retained does not count. */
  lastMessageAt: Instant.nullable(),
  /** Boxes that nothing was heard of for SILENT_AFTER; null in a process that does not watch connections. */
  silentBoxes: Count.nullable(),
  rejectedPairs: z.record(z.string(), Count),
  /** Time of the oldest point that InfluxDB has not confirmed, and how long ago that is. */
  oldestUnsentAt: Instant.nullable(),
  lagMs: Count,
  journalBytes: Count,
  journalMaxBytes: Count,
  uncommittedBytes: Count,
  /** Why the log takes no messages, if so. */
  refusal: z.string().nullable(),
  snapshotAt: Instant.nullable(),
  /** How far Evida's time is ahead of a wall clock that was set back. */
  clockAheadMs: z.number().int(),
  writeRequests: Count,
  writeRetries: Count,
  deadLetters: z.record(z.string(), Count),
  /** The outlets with most `change` and `draw` photographs in this hour and the last. */
  noisiest: z.array(z.object({ box: Count, outlet: Count, photographs: Count })),
});

const JobStatus = z.object({
  job: z.string(),
  lastRunAt: Instant.nullable(),
  durationMs: Count.nullable(),
  error: z.string().nullable(),
});

/** What a running Evida says of itself: `GET /status`, and by it `evida status`. */
export const Status = z.object({
  version: z.string(),
  pid: Count,
  startedAt: Instant,
  roles: z.array(z.string()),
  boxes: Count,
  ready: z.boolean(),
  parts: z.record(z.string(), Part),
  /** Of a process that listens to boxes. */
  books: Books.nullable(),
  delivery: Delivery.nullable(),
  jobs: z.array(JobStatus),
});

export type Status = z.output<typeof Status>;
export type Books = z.output<typeof Books>;
export type Part = z.output<typeof Part>;
export type DeliveryStatus = z.output<typeof Delivery>;
