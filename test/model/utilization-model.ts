import type { Quantity, Readings } from '../../streams/reading.ts';
import { UNKNOWN } from '../../streams/unknown.ts';
import type { UtilizationRules, UtilizationSample } from '../../streams/utilization.ts';

const HOUR_MS = 3_600_000;
const OUTLETS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const WHOLE_BOX = 10;

/**
 * The utilization rules of docs/domain.md, as slowly and as literally as they can be written: each series goes through all
 * instants at which anything could happen, and reads all messages up to there again each time. It shares nothing with the
 * operators but their types.
 *
 * @returns the samples of each series, by `10/3`, `10/10` (the whole box) or `10/meter`
 */
export function modelUtilization(
  messages: readonly Readings[],
  rules: UtilizationRules,
  untilMs: number,
): Map<string, UtilizationSample[]> {
  const series = new Map<string, UtilizationSample[]>();
  const boxes = new Set(messages.map(({ box }) => box));
  const instants = instantsOf(messages, rules, untilMs);
  for (const box of boxes) {
    const own = messages.filter((message) => message.box === box);
    for (const index of [...OUTLETS, WHOLE_BOX])
      series.set(`${box}/${index}`, samplesOf(registerOf(box, index), own, rules, instants));
    series.set(`${box}/meter`, samplesOf(meterOf(box), own, rules, instants));
  }
  return series;
}

/** Full hours, arrivals, and the ends of the intervals that these may open, in the order of time. */
function instantsOf(messages: readonly Readings[], rules: UtilizationRules, untilMs: number): number[] {
  const instants = new Set(messages.flatMap(({ receivedAt }) => [receivedAt, receivedAt + rules.intervalMs]));
  const firstHour = Math.ceil((messages[0]?.receivedAt ?? untilMs) / HOUR_MS);
  for (let hour = firstHour; hour * HOUR_MS <= untilMs; hour++) instants.add(hour * HOUR_MS);
  return [...instants].filter((instant) => instant <= untilMs).sort((one, other) => one - other);
}

/** What is known of a series. */
interface Known {
  /** The last message that something was taken from. */
  readonly from: Readings;
  /** Whether that message showed that the register had begun anew. */
  readonly isReset: boolean;
  readonly sample: (timeMs: number) => UtilizationSample;
}

/** How a series is read from all messages of its box that came so far. */
interface Series {
  /** Undefined before there is anything. */
  readonly known: (messages: readonly Readings[]) => Known | undefined;
  /** Whether it may be written at all. */
  readonly isWritten: (messages: readonly Readings[]) => boolean;
  readonly isSignOfLife: (message: Readings) => boolean;
}

function samplesOf(
  series: Series,
  messages: readonly Readings[],
  rules: UtilizationRules,
  instants: readonly number[],
): UtilizationSample[] {
  const samples: UtilizationSample[] = [];
  let intervalEnd: number | undefined;

  const write = ({ sample }: Known, timeMs: number, soFar: readonly Readings[]): void => {
    // Two points of one series and time would be one: InfluxDB keeps the last.
    const earliest = (samples.at(-1)?.timeMs ?? -1) + 1;
    if (series.isWritten(soFar)) samples.push(sample(Math.max(timeMs, earliest)));
  };
  const differs = ({ sample }: Known): boolean => {
    const written = samples.at(-1);
    return written === undefined || JSON.stringify(sample(written.timeMs)) !== JSON.stringify(written);
  };

  for (const now of instants) {
    // What the clock brings comes before the messages of the same instant, and the full hour first.
    const before = messages.filter(({ receivedAt }) => receivedAt < now);
    const known = series.known(before);
    if (known !== undefined && now % HOUR_MS === 0) {
      const live = before.filter(series.isSignOfLife).at(-1) ?? before[0];
      if (live !== undefined && now - live.receivedAt < rules.silentAfterMs) write(known, now, before);
    }
    if (now === intervalEnd) {
      intervalEnd = undefined;
      if (known !== undefined && differs(known)) write(known, known.from.receivedAt, before);
    }
    for (const [at, message] of messages.entries()) {
      if (message.receivedAt !== now) continue;
      const soFar = messages.slice(0, at + 1);
      const isNow = series.known(soFar);
      if (isNow?.from !== message) continue;
      if (isNow.isReset) {
        const was = series.known(messages.slice(0, at));
        if (was !== undefined && differs(was)) write(was, was.from.receivedAt, soFar);
        // The last value before a reset is written whatever the interval, so the new one opens its own.
        intervalEnd = undefined;
      }
      if (intervalEnd === undefined && differs(isNow)) intervalEnd = now + rules.intervalMs;
    }
  }
  return samples;
}

function registerOf(box: number, index: number): Series {
  const isOfBox = index === WHOLE_BOX;
  return {
    known: (messages) => {
      const last = registerReadings(messages, 'energy', index).at(-1);
      if (last === undefined) return undefined;
      const { value: energyJ, from, isReset } = last;
      return { from, isReset, sample: (timeMs) => ({ kind: 'register', box, index, timeMs, energyJ }) };
    },
    isWritten: (messages) => {
      const status = readings(messages, 'status', index).at(-1)?.value;
      return isOfBox || (status !== undefined && status !== 6);
    },
    isSignOfLife: ({ retained, quantity, values }) =>
      !retained &&
      (isOfBox ||
        (['status', 'current', 'powerFactor', 'energy'].includes(quantity) &&
          values.some((value) => value.index === index))),
  };
}

function meterOf(box: number): Series {
  return {
    known: (messages) => {
      const voltage = readings(messages, 'meter', 0).at(-1);
      const current = readings(messages, 'meter', 1).at(-1);
      const energy = registerReadings(messages, 'meter', 2).at(-1);
      const from = messages.findLast((message) =>
        [voltage, current, energy].some((reading) => reading?.from === message),
      );
      if (from === undefined) return undefined;
      const values = {
        voltageV: voltage?.value ?? UNKNOWN,
        currentA: current?.value ?? UNKNOWN,
        energyKwh: energy?.value ?? UNKNOWN,
      };
      const isReset = energy?.from === from && energy.isReset;
      return { from, isReset, sample: (timeMs) => ({ kind: 'meter', box, timeMs, ...values }) };
    },
    isWritten: () => true,
    isSignOfLife: ({ retained }) => !retained,
  };
}

interface OneReading {
  readonly value: number;
  readonly from: Readings;
}

/** All that count of one index: what a resumed session retains counts only while nothing is known (photographs rule 10). */
function readings(messages: readonly Readings[], quantity: Quantity, index: number): OneReading[] {
  return messages
    .filter((message) => message.quantity === quantity)
    .flatMap((from) => from.values.filter((one) => one.index === index).map(({ value }) => ({ value, from })))
    .filter(({ from: { retained, resumed } }, at) => at === 0 || !(retained && resumed));
}

/** Those of a register that are believed: a fall only at the second reading below (photographs rule 8). */
function registerReadings(
  messages: readonly Readings[],
  quantity: Quantity,
  index: number,
): (OneReading & { readonly isReset: boolean })[] {
  const believed: (OneReading & { readonly isReset: boolean })[] = [];
  let isHeld = false;
  for (const reading of readings(messages, quantity, index)) {
    const before = believed.at(-1)?.value;
    const falls = before !== undefined && reading.value < before;
    if (falls && !isHeld) {
      isHeld = true;
      continue;
    }
    believed.push({ ...reading, isReset: falls });
    isHeld = false;
  }
  return believed;
}
