const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** No time zone in use changes its offset between two of these. */
const STEP_MS = 900_000;

/** What clocks on the wall show in one time zone. */
export interface LocalTime {
  /** 0..23. */
  hour(atMs: number): number;
  /** 0 = Monday .. 6 = Sunday. */
  weekday(atMs: number): number;
  /** The last midnight at or before the instant. */
  midnight(atMs: number): number;
}

/**
 * Local time without asking `Intl` for every call: the offset is remembered per quarter of an hour.
 *
 * @throws RangeError if there is no such time zone
 */
export function localTime(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const known = new Map<number, number>();
  let lastStep = Number.NaN;
  let lastOffset = 0;

  const offsetMs = (atMs: number): number => {
    const step = Math.floor(atMs / STEP_MS);
    if (step === lastStep) return lastOffset;
    lastStep = step;
    lastOffset = known.get(step) ?? readOffset(format, step * STEP_MS);
    known.set(step, lastOffset);
    return lastOffset;
  };
  const local = (atMs: number): number => atMs + offsetMs(atMs);

  return {
    hour: (atMs) => Math.floor(positive(local(atMs), DAY_MS) / HOUR_MS),
    // The epoch was a Thursday.
    weekday: (atMs) => positive(Math.floor(local(atMs) / DAY_MS) + 3, 7),
    midnight: (atMs) => {
      const wall = Math.floor(local(atMs) / DAY_MS) * DAY_MS;
      const guess = wall - offsetMs(atMs);
      return wall - offsetMs(guess);
    },
  };
}

function positive(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

function readOffset(format: Intl.DateTimeFormat, atMs: number): number {
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) -
    atMs
  );
}
