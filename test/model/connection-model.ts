import type { Connection, ConnectionRules } from '../../streams/connection.ts';
import type { Readings } from '../../streams/reading.ts';

const QUARTER_MS = 900_000;

/**
 * The rules of silence and connection of docs/domain.md, as slowly and as literally as they can be written: each box goes
 * through all instants at which anything could happen, and reads all its messages up to there again each time. It shares
 * nothing with the operators but their types.
 *
 * @returns the connections of each box
 */
export function modelConnections(
  messages: readonly Readings[],
  { silentAfterMs, timeZone }: ConnectionRules,
  untilMs: number,
): Map<number, Connection[]> {
  const connections = new Map<number, Connection[]>();
  const midnights = new Set(midnightsOf(timeZone, messages[0]?.receivedAt ?? untilMs, untilMs));
  const instants = [
    ...new Set([
      ...messages.flatMap(({ receivedAt }) => [receivedAt, receivedAt + silentAfterMs]),
      ...midnights,
    ]),
  ]
    .filter((instant) => instant <= untilMs)
    .sort((one, other) => one - other);

  for (const box of new Set(messages.map((message) => message.box))) {
    const own = messages.filter((message) => message.box === box);
    const told: Connection[] = [];
    for (const now of instants) {
      const tell = (soFar: readonly Readings[], silent: boolean): void =>
        void told.push({ box, timeMs: now, online: onlineIn(soFar) ?? true, silent });
      // What the clock brings comes before the messages of the same instant, and midnight first.
      const before = own.filter(({ receivedAt }) => receivedAt < now);
      const heardAt = lastSignOfLife(before);
      if (heardAt !== undefined) {
        if (midnights.has(now)) tell(before, now > heardAt + silentAfterMs);
        if (now === heardAt + silentAfterMs) tell(before, true);
      }
      for (const [at, message] of own.entries()) {
        if (message.receivedAt !== now) continue;
        const [earlier, soFar] = [own.slice(0, at), own.slice(0, at + 1)];
        const wasSilent = now >= (lastSignOfLife(earlier) ?? now) + silentAfterMs;
        const isSilent = wasSilent && message.retained;
        if (isSilent !== wasSilent || onlineIn(soFar) !== onlineIn(earlier)) tell(soFar, isSilent);
      }
    }
    connections.set(box, told);
  }
  return connections;
}

/** What the box said last of itself: what a resumed session retains counts only while nothing is known. */
function onlineIn(messages: readonly Readings[]): boolean | undefined {
  const said = messages
    .filter(({ quantity }) => quantity === 'status')
    .flatMap(({ values, retained, resumed }) =>
      values
        .filter(({ index }) => index === 10)
        .map(({ value }) => ({ online: value === 0, isStale: retained && resumed })),
    );
  return said.filter(({ isStale }, at) => at === 0 || !isStale).at(-1)?.online;
}

/** When a box was last heard of; before the first live message, that is when anything came of it. */
function lastSignOfLife(messages: readonly Readings[]): number | undefined {
  return (messages.findLast(({ retained }) => !retained) ?? messages[0])?.receivedAt;
}

/** The instants in a span at which a new day begins, by what a clock on the wall shows; offsets change by the quarter hour. */
function midnightsOf(timeZone: string, fromMs: number, toMs: number): number[] {
  const calendar = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short' });
  const midnights: number[] = [];
  for (let quarter = Math.floor(fromMs / QUARTER_MS) + 1; quarter * QUARTER_MS <= toMs; quarter++) {
    const instant = quarter * QUARTER_MS;
    if (calendar.format(instant) !== calendar.format(instant - 1)) midnights.push(instant);
  }
  return midnights;
}
