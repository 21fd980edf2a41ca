import { z } from 'zod';
import type { BoxPhotographs } from '../../../streams/box-photographs.ts';
import type { BoxUtilization } from '../../../streams/box-utilization.ts';
import type { BoxConnection } from '../../../streams/connection-reducer.ts';
import { REASONS } from '../../../streams/photograph.ts';
import { BooksState } from './books.ts';

/**
 * The lines of a snapshot: a header, then one line a box. Each box is as it was at its own place in the log, `sequence`:
 * boxes are written in slices between messages, so that nothing waits for a snapshot.
 */
export const SnapshotHeader = z.strictObject({
  kind: z.literal('evida-snapshot'),
  version: z.literal(1),
  /** The log up to here is in it. */
  sequence: z.int().nonnegative(),
  /** Time of the log, ms UTC. */
  atMs: z.int().nonnegative(),
  /** Points up to here are answered. */
  sentThrough: z.int().nonnegative(),
  books: BooksState,
  /** What was received in the session that the broker keeps. */
  receipts: z.string(),
});

export type SnapshotHeader = z.output<typeof SnapshotHeader>;

const Numbers = z.array(z.number()).readonly();
const Flags = z.array(z.boolean()).readonly();
const Values = { currentMa: z.number(), powerFactor: z.number(), voltageV: z.number(), energyJ: z.number() };

const Photographs = z.strictObject({
  box: z.int(),
  online: z.boolean().nullable(),
  voltageV: z.number(),
  voltageAtMs: z.number(),
  status: Numbers,
  currentMa: Numbers,
  powerFactor: Numbers,
  energyJ: Numbers,
  heldJ: Numbers,
  liveAtMs: Numbers,
  foldedAtMs: Numbers,
  heardEver: Numbers,
  heardSinceStatus: Numbers,
  command: Numbers,
  commandAtMs: Numbers,
  changedAtMs: Numbers,
  registerReset: Flags,
  backlog: Flags,
  overdue: Flags,
  unreviewed: Flags,
  due: z
    .array(
      z
        .strictObject({
          reason: z.enum(REASONS),
          sinceMs: z.number(),
          anchor: z.strictObject(Values),
          significantAtMs: z.number(),
          command: z.number(),
        })
        .nullable(),
    )
    .readonly(),
  last: z.array(z.strictObject({ ...Values, timeMs: z.number(), status: z.number() }).nullable()).readonly(),
}) satisfies z.ZodType<BoxPhotographs>;

const Connection = z.strictObject({
  box: z.int(),
  online: z.boolean().nullable(),
  silent: z.boolean(),
  liveAtMs: z.number(),
  recordedAtMs: z.number(),
}) satisfies z.ZodType<BoxConnection>;

const Utilization = z.strictObject({
  box: z.int(),
  meterVoltageV: z.number(),
  meterCurrentA: z.number(),
  writtenVoltageV: z.number(),
  writtenCurrentA: z.number(),
  status: Numbers,
  liveAtMs: Numbers,
  energy: Numbers,
  held: Numbers,
  readAtMs: Numbers,
  writtenEnergy: Numbers,
  writtenAtMs: Numbers,
  opensUntilMs: Numbers,
}) satisfies z.ZodType<BoxUtilization>;

/** A box, as each of the reducers knew it after the record `sequence`; those of other roles know nothing. */
export const SnapshotBox = z.strictObject({
  box: z.int(),
  sequence: z.int().nonnegative(),
  photographs: Photographs.optional(),
  connection: Connection.optional(),
  utilization: Utilization.optional(),
});

export type SnapshotBox = z.output<typeof SnapshotBox>;
