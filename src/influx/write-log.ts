import { measurementOf, timeOf, toLine } from './line-protocol.ts';
import type { SourcePoint } from './point-source.ts';

const DAY_MS = 86_400_000;

/**
 * The lines of `write_log` that say of which UTC days these points are, one a measurement and day (domain.md,
 * "InfluxDB"), so that what depends on a day is done again however late they come.
 * @param sentMs the moment of sending, which must differ from that of other lines
 */
export function writeLogLines(points: Iterable<Pick<SourcePoint, 'line'>>, sentMs: number): string[] {
  const counts = new Map<string, Map<number, number>>();
  for (const { line } of points) {
    const measurement = measurementOf(line);
    const day = Math.floor(timeOf(line) / DAY_MS);
    const days = counts.get(measurement) ?? new Map<number, number>();
    if (days.size === 0) counts.set(measurement, days);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  return [...counts].flatMap(([measurement, days]) =>
    [...days].map(([day, count]) =>
      toLine({
        measurement: 'write_log',
        tags: { measurement, day: new Date(day * DAY_MS).toISOString().slice(0, 10) },
        fields: { points: count },
        timeMs: sentMs,
      }),
    ),
  );
}
