/** Lowest and highest of an even spread. */
export type Spread = readonly [low: number, high: number];

/** How fast things happen to a simulated fleet. How often a box reports (3 to 5 s) is not part of it. */
export interface Pace {
  /** Mean arrivals at a free outlet, over the whole day. */
  readonly arrivalsPerOutletHour: number;
  /** Weight of each local hour of the day (24 of them, mean 1). */
  readonly hourWeights: readonly number[];
  /** From the first current to the cut-off, if nobody ends it before. */
  readonly sessionMinutes: Spread;
  readonly readySeconds: Spread;
  readonly fullSeconds: Spread;
  /** Share of the full vehicles that draw current again after a rest, until they are unplugged: to keep warm, to top up. */
  readonly drawingShare: number;
  readonly restSeconds: Spread;
  readonly drawingSeconds: Spread;
  readonly unpluggedSeconds: Spread;
  readonly interruptionSeconds: Spread;
  /** Share of the installed outlets that are in mid-charge when the simulation begins. */
  readonly chargingAtStartShare: number;
  readonly interruptedShare: number;
  readonly endedEarlyShare: number;
  /** Share of the sessions that are started by a message on the C topic. */
  readonly commandShare: number;
  /** How often one outlet's energy register falls to 0; the outlets are spread evenly over that time. */
  readonly resetEveryHours: number;
  /** How often one box loses its connection; the boxes are spread evenly over that time. */
  readonly disconnectEveryHours: number;
  readonly disconnectSeconds: Spread;
  /** Share of the A and PE messages in which one value is wrong. */
  readonly glitchShare: number;
}

const EVERY_HOUR_ALIKE: readonly number[] = Array.from({ length: 24 }, () => 1);

/** Few at night, a little rush before work, most of them in the evening. */
export const REAL_HOUR_WEIGHTS: readonly number[] = [
  0.15, 0.1, 0.05, 0.05, 0.1, 0.35, 0.8, 1.15, 1.0, 0.8, 0.75, 0.95, 1.1, 0.85, 0.75, 0.8, 1.1, 1.9, 2.5, 2.6,
  2.3, 1.75, 1.35, 0.7,
];

/** A fleet as it is on the street: about 0.7 sessions an outlet a day. */
export const REAL_PACE: Pace = {
  arrivalsPerOutletHour: 0.033,
  hourWeights: REAL_HOUR_WEIGHTS,
  sessionMinutes: [50, 300],
  readySeconds: [8, 90],
  fullSeconds: [120, 5400],
  drawingShare: 0.03,
  restSeconds: [120, 1800],
  drawingSeconds: [300, 5400],
  unpluggedSeconds: [5, 60],
  interruptionSeconds: [10, 100],
  chargingAtStartShare: 0.12,
  interruptedShare: 0.06,
  endedEarlyShare: 0.3,
  commandShare: 0.6,
  resetEveryHours: 4000,
  disconnectEveryHours: 150,
  disconnectSeconds: [60, 2400],
  glitchShare: 1 / 50_000,
};

/** A fleet that shows in one minute what takes a day on the street (20 boxes are enough for all of it). */
export const DEMO_PACE: Pace = {
  arrivalsPerOutletHour: 11,
  hourWeights: EVERY_HOUR_ALIKE,
  sessionMinutes: [1, 4],
  readySeconds: [4, 10],
  fullSeconds: [6, 30],
  drawingShare: 0.5,
  restSeconds: [5, 9],
  drawingSeconds: [12, 25],
  unpluggedSeconds: [4, 8],
  interruptionSeconds: [5, 12],
  chargingAtStartShare: 0.35,
  interruptedShare: 0.1,
  endedEarlyShare: 0.25,
  commandShare: 0.6,
  resetEveryHours: 1,
  disconnectEveryHours: 0.1,
  disconnectSeconds: [8, 20],
  glitchShare: 1 / 500,
};

/** The paces by their names on the command line. */
export const PACES = { street: REAL_PACE, demo: DEMO_PACE } as const satisfies Record<string, Pace>;
