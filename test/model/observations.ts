import fc from 'fast-check';
import type { Observation } from '../../streams/observation.ts';
import type { Readings } from '../../streams/reading.ts';
import { daysOfTraffic } from './days-of-traffic.ts';
import { traffic } from './traffic.ts';

/** So that a business day and an hour begin in the midst of it. */
const BEFORE_MIDNIGHT_MS = Date.UTC(2026, 10, 2, 17) - 500;

/** A notice before the message of some place. Box 12 never speaks. */
const notice = fc.record({
  place: fc.nat(119),
  kind: fc.constantFrom('unobserved', 'listed', 'removed'),
  box: fc.constantFrom(10, 11, 12),
  /** How long after the message before it nothing was observed, and for how long. */
  sinceMs: fc.nat(5),
  gapMs: fc.oneof(fc.nat(20), fc.nat(300), fc.constantFrom(3_600_000, 90_000_000)),
});
type PlacedNotice = typeof notice extends fc.Arbitrary<infer N> ? N : never;

const notices = fc.array(notice, { maxLength: 8 });

/** Random traffic with notices among it, in the order of time: over days, or about a midnight. */
export const observations: fc.Arbitrary<Observation[]> = fc
  .tuple(
    fc.oneof(
      daysOfTraffic,
      traffic.map((messages) => messages.map((message) => later(message, BEFORE_MIDNIGHT_MS))),
    ),
    notices,
  )
  .map(([messages, among]) => withNotices(messages, among));

/** The same within seconds, but for what nobody observed. */
export const denseObservations: fc.Arbitrary<Observation[]> = fc
  .tuple(traffic, notices)
  .map(([messages, among]) => withNotices(messages, among));

/** Notices take time: all that comes after them comes later. */
function withNotices(messages: readonly Readings[], among: readonly PlacedNotice[]): Observation[] {
  let delayMs = 0;
  let nowMs = messages[0]?.receivedAt ?? BEFORE_MIDNIGHT_MS;
  return messages.flatMap((message, place) => {
    const before = among
      .filter((one) => one.place === place)
      .map(({ kind, box, sinceMs, gapMs }): Observation => {
        const from = nowMs + sinceMs;
        nowMs = kind === 'unobserved' ? from + gapMs : from;
        return kind === 'unobserved' ? { kind, from, receivedAt: nowMs } : { kind, box, receivedAt: nowMs };
      });
    const last = before.at(-1);
    if (last !== undefined) delayMs = Math.max(delayMs, nowMs - message.receivedAt);
    const delayed = later(message, delayMs);
    nowMs = delayed.receivedAt;
    return [...before, delayed];
  });
}

function later(message: Readings, ms: number): Readings {
  return { ...message, receivedAt: message.receivedAt + ms };
}
