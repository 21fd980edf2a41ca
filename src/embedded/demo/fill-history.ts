import { InfluxDB } from '@influxdata/influxdb-client';
import type { Point } from '../../../streams/point.ts';
import type { Config } from '../../config.ts';
import { toLine } from '../../influx/line-protocol.ts';
import { createWriteBatch } from '../../influx/write-batch.ts';

const BATCH = 10_000;

/** Writes the points of the simulated past to the history bucket. Gives their number. */
export async function fillHistory(config: Config, points: Iterable<Point>): Promise<number> {
  const influx = new InfluxDB({ url: config.INFLUX_URL, token: config.INFLUX_TOKEN, timeout: 60_000 });
  const write = createWriteBatch(influx, config.INFLUX_ORG);
  let lines: string[] = [];
  let written = 0;
  const flush = async (): Promise<void> => {
    await write(config.INFLUX_HISTORY_BUCKET, lines);
    written += lines.length;
    lines = [];
  };
  for (const point of points) {
    lines.push(toLine(point));
    if (lines.length >= BATCH) await flush();
  }
  if (lines.length > 0) await flush();
  return written;
}
