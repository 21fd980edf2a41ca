import { DAY_MS, type LocalTime } from '../../../streams/local-time.ts';
import type { Point } from '../../../streams/point.ts';
import { Random } from '../fleet/random.ts';
import type { ChargingSession } from './sessions.ts';

const STREAM = 0x07a6;
const MINUTE_MS = 60_000;
const OUTAGE_EVERY_DAYS = 7;
const ATTEMPTS = 12;
/** Domain default of `SILENT_AFTER`. */
const SILENT_AFTER_MS = 10 * MINUTE_MS;

/** A time without connection. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Span {
  readonly seed: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * When a box was offline, in the order of time: about once a week, while nobody charged there, so that no
 * photograph of a session is missing from the history.
 */
export function drawOutages(box: number, sessions: readonly ChargingSession[], { seed, fromMs, toMs }: Span) {
  const random = new Random(seed, STREAM, box);
  const outages: Outage[] = [];
  for (let weekMs = fromMs; weekMs < toMs; weekMs += OUTAGE_EVERY_DAYS * DAY_MS) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const beginMs = weekMs + random.whole(MINUTE_MS, (OUTAGE_EVERY_DAYS - 1) * DAY_MS);
      const endMs = beginMs + random.whole(2 * MINUTE_MS, 60 * MINUTE_MS);
      const isQuiet = !sessions.some(
        ({ pluggedMs, freeMs, resetMs }) =>
          (resetMs ?? pluggedMs) - MINUTE_MS < endMs && freeMs + MINUTE_MS > beginMs,
      );
      if (!isQuiet || endMs > toMs - MINUTE_MS) continue;
      outages.push({ fromMs: beginMs, toMs: endMs });
      break;
    }
  }
  return outages;
}

/** The `connection` points of a box: at the start, at each change, and at each local midnight (domain.md). */
export function* connectionPoints(
  box: number,
  outages: readonly Outage[],
  { fromMs, toMs }: Span,
  local: LocalTime,
): Generator<Point, void, undefined> {
  const silentOutages = outages.filter((outage) => outage.toMs - outage.fromMs > SILENT_AFTER_MS);
  const instants = new Set([
    fromMs,
    ...outages.flatMap((outage) => [outage.fromMs, outage.toMs]),
    ...silentOutages.map((outage) => outage.fromMs + SILENT_AFTER_MS),
  ]);
  let midnightMs = local.midnight(fromMs + 1.5 * DAY_MS);
  for (; midnightMs < toMs; midnightMs = local.midnight(midnightMs + 1.5 * DAY_MS)) instants.add(midnightMs);
  for (const timeMs of [...instants].sort((one, other) => one - other)) {
    const outage = outages.find((candidate) => candidate.fromMs <= timeMs && timeMs < candidate.toMs);
    const silent = outage !== undefined && timeMs - outage.fromMs >= SILENT_AFTER_MS;
    yield {
      measurement: 'connection',
      tags: { box },
      fields: { online: outage === undefined, silent },
      timeMs,
    };
  }
}
