import type { Batch } from './batch.ts';
import { measurementOf } from './line-protocol.ts';
import type { SourcePoint } from './point-source.ts';
import type { WriteError } from './write-error.ts';
import { writeLogLines } from './write-log.ts';

/** The names of the buckets in which MEASUREMENTS are kept. */
export interface BucketNames {
  readonly telemetry: string;
  readonly history: string;
}

/** A point that InfluxDB never takes, the name of its bucket, and why. */
export interface DeadPoint {
  readonly sequence: number;
  readonly line: string;
  readonly bucket: string;
  readonly reason: string;
}

/** What the delivery of a batch needs from outside. */
export interface Delivery {
  readonly buckets: BucketNames;
  /**
   * Resolves when there is an answer for good: what is wrong with the lines, or undefined once they are confirmed.
   * Asks for the lines again with each attempt.
   */
  write(bucket: string, lines: () => readonly string[]): Promise<WriteError | undefined>;
  /** Resolves when the dead letter is safe. */
  bury(point: DeadPoint): Promise<void>;
  /** The moment of sending, ms UTC, another one each time; or the one given, while it is not long ago. */
  sendingTime(beforeMs?: number): number;
  /** What the lines of `write_log` were refused with; the points are written all the same. */
  onLogRefused(error: WriteError): void;
}

/**
 * Delivers a batch: its telemetry first, then its history together with the `write_log` of both, so that no day is
 * named before its points are there. Resolves when each point is either confirmed or a dead letter.
 * @returns the number of dead letters
 */
export async function deliverBatch(batch: Batch, delivery: Delivery): Promise<number> {
  const dead = new Set<SourcePoint>();
  const { buckets, write } = delivery;
  const bury = async (points: readonly SourcePoint[], bucket: string, reason: string): Promise<void> => {
    for (const point of points) dead.add(point);
    await Promise.all(points.map((point) => delivery.bury({ ...point, bucket, reason })));
  };
  const writePoints = (points: readonly SourcePoint[], bucket: string): Promise<void> =>
    writeApart(points, bucket, write, (bad, { reason }) => bury(bad, bucket, reason));
  const isAlive = (point: SourcePoint) => !dead.has(point);

  await bury(batch.strange, buckets.history, 'not a point as this version of Evida writes it');
  await writePoints(batch.telemetry, buckets.telemetry);
  let sentMs = delivery.sendingTime();
  const logOf = (history: readonly SourcePoint[]): Line[] => {
    sentMs = delivery.sendingTime(sentMs);
    return writeLogLines([...batch.telemetry.filter(isAlive), ...history], sentMs).map((line) => ({ line }));
  };
  if (batch.history.length === 0 && dead.size === batch.points) return dead.size;
  const together = () => [...batch.history, ...logOf(batch.history)].map(lineOf);
  if ((await write(buckets.history, together)) === undefined) return dead.size;
  await writePoints(batch.history, buckets.history);
  const log = logOf(batch.history.filter(isAlive));
  await writeApart(log, buckets.history, write, (_, error) => delivery.onLogRefused(error));
  return dead.size;
}

interface Line {
  readonly line: string;
}

/** Writes lines, in ever smaller parts where some of them are refused. @param onBad gets those that are, in the end */
async function writeApart<T extends Line>(
  lines: readonly T[],
  bucket: string,
  write: Delivery['write'],
  onBad: (bad: readonly T[], error: WriteError) => Promise<void> | void,
): Promise<void> {
  const error = lines.length === 0 ? undefined : await write(bucket, () => lines.map(lineOf));
  if (error === undefined) return;
  if (lines.length === 1 || error.dropped === lines.length) return await onBad(lines, error);
  for (const part of split(lines)) await writeApart(part, bucket, write, onBad);
}

function lineOf({ line }: Line): string {
  return line;
}

/** By measurement, since what is wrong is most often wrong with all of one; those of one measurement in halves. */
function split<T extends Line>(lines: readonly T[]): T[][] {
  const parts = new Map<string, T[]>();
  for (const each of lines) {
    const measurement = measurementOf(each.line);
    const part = parts.get(measurement);
    if (part === undefined) parts.set(measurement, [each]);
    else part.push(each);
  }
  if (parts.size > 1) return [...parts.values()];
  const middle = lines.length >> 1;
  return [lines.slice(0, middle), lines.slice(middle)];
}
