/** What a topic speaks of. */
export type Quantity = 'status' | 'current' | 'powerFactor' | 'energy' | 'voltage' | 'meter' | 'command';

/** The index that stands for the box itself; 0..9 are its outlets. */
export const BOX_INDEX = 10;
export const OUTLETS_PER_BOX = 10;

/** The indexes of a meter's readings: voltage in V, current in A, energy in kWh. */
export const METER_INDEX = { voltage: 0, current: 1, energy: 2 } as const;

/** One decoded value, in the unit of the wire. */
export interface Reading {
  /** 0..9 an outlet, 10 the box; of a meter, one of METER_INDEX. */
  readonly index: number;
  /** Status code, mA, percent, J, V, or for a command its digit. */
  readonly value: number;
}

const SMALL_VALUES = 128;
const SMALL_READINGS: readonly Reading[] = Array.from(
  { length: (BOX_INDEX + 1) * SMALL_VALUES },
  (_, at) => ({
    index: Math.floor(at / SMALL_VALUES),
    value: at % SMALL_VALUES,
  }),
);

/** A reading; those of small whole numbers, which most are, are shared. */
export function readingOf(index: number, value: number): Reading {
  const isSmall = value >= 0 && value < SMALL_VALUES && Number.isInteger(value);
  return (isSmall ? SMALL_READINGS[index * SMALL_VALUES + value] : undefined) ?? { index, value };
}

export type RejectionReason =
  | 'unknown-topic'
  | 'too-long'
  | 'empty'
  | 'malformed'
  | 'unknown-index'
  | 'repeated-index'
  | 'not-a-number'
  | 'out-of-range';

/** What could not be used of a message, and why. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** The offending text, cut to 64 characters. */
  readonly text: string;
}

/** What one message of a box said: all values share box, quantity and arrival. */
export interface Readings {
  readonly kind: 'readings';
  readonly box: number;
  readonly quantity: Quantity;
  readonly receivedAt: number;
  readonly retained: boolean;
  readonly resumed: boolean;
  readonly backlog: boolean;
  readonly values: readonly Reading[];
}

/** Whether it was retained in a session that was resumed: then it is older than what was received before (photographs rule 10). */
export function isStale({ retained, resumed }: Readings): boolean {
  return retained && resumed;
}

/** The value of one index, if the message had it. The box itself stands last, so it is looked for from the end. */
export function valueAt({ values }: Readings, index: number): number | undefined {
  for (let at = values.length - 1; at >= 0; at--) {
    const reading = values[at];
    if (reading?.index === index) return reading.value;
  }
  return undefined;
}

/** Whether the message speaks of each outlet of its box, as nearly all do that speak of outlets. */
export function speaksOfAllOutlets(readings: Readings): boolean {
  const { quantity, values } = readings;
  if (values.length !== OUTLETS_PER_BOX) return values.length > OUTLETS_PER_BOX;
  const isOfOutletsOnly = quantity === 'current' || quantity === 'powerFactor';
  return isOfOutletsOnly || valueAt(readings, BOX_INDEX) === undefined;
}
