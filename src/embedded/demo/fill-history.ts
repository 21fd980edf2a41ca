import { InfluxDB } from '@influxdata/influxdb-client';
import type { Point } from '../../../streams/point.ts';
import type { Config } from '../../config.ts';
import { toLine } from '../../influx/line-protocol.ts';
import { createWriteBatch } from '../../influx/write-batch.ts';
import { writeLogLines } from '../../influx/write-log.ts';

const BATCH = 10_000;
const DAY_MS = 86_400_000;

/**
 * Writes the points of the simulated past to the history bucket, with the `write_log` of an Evida that had written them on
 * their days. Gives their number.
 */
export async function fillHistory(config: Config, points: Iterable<Point>): Promise<number> {
  const influx = new InfluxDB({ url: config.INFLUX_URL, token: config.INFLUX_TOKEN, timeout: 60_000 });
  const write = createWriteBatch(influx, config.INFLUX_ORG);
  let batch: Written[] = [];
  let written = 0;
  const flush = async (): Promise<void> => {
    const lines = batch.map(({ line }) => line);
    await write(config.INFLUX_HISTORY_BUCKET, [...lines, ...writeLogOf(batch)]);
    written += batch.length;
    batch = [];
  };
  for (const point of points) {
    batch.push({ line: toLine(point), timeMs: point.timeMs });
    if (batch.length >= BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return written;
}

interface Written {
  readonly line: string;
  readonly timeMs: number;
}

/** As if the points of each day had been written with the last of them. */
function writeLogOf(points: readonly Written[]): string[] {
  const days = new Map<number, Written[]>();
  for (const point of points) {
    const day = Math.floor(point.timeMs / DAY_MS);
    const ofDay = days.get(day);
    if (ofDay === undefined) days.set(day, [point]);
    else ofDay.push(point);
  }
  return [...days.values()].flatMap((ofDay) =>
    writeLogLines(ofDay, Math.max(...ofDay.map(({ timeMs }) => timeMs))),
  );
}
