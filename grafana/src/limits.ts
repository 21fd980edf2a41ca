import type { Settings } from './settings.ts';

/** Two ends of what is normal, both of which are. */
export interface Range {
  readonly lowest: number;
  readonly highest: number;
}

/** Between which the voltage of the mains stays, V: 230 V less and plus 10 % (EN 50160). */
export const VOLTAGE_V = { lowest: 207, highest: 253 } as const satisfies Range;
/** Of an outlet, A: up to what its socket is made for. */
export const OUTLET_CURRENT_A = { lowest: 0, highest: 16 } as const satisfies Range;

/**
 * What else is normal: alerts fire beyond it. Where Evida itself has such a number, it is that one; docs/handbook/alerts.md
 * says how to choose the others.
 */
export interface Limits {
  /** From here on an outlet draws, A (PHOTOGRAPH_CURRENT_DEADBAND_A). */
  readonly drawingA: number;
  /** An outlet that charges is photographed at least so often, ms: PHOTOGRAPH_INTERVAL, and some minutes of grace. */
  readonly photographedEveryMs: number;
  /** How far the meter of a box may be from the sum of its outlets over a day, and which part of it: a box uses some itself. */
  readonly meter: { readonly kwh: number; readonly share: number };
  /** Without a message of any box for so long, it is not the boxes that are wrong, s. */
  readonly noMessageS: number;
  /** How long a point may wait for InfluxDB, s. */
  readonly unsentS: number;
  /** How many dead letters half an hour may bring: a box that restarts garbles some. */
  readonly deadLetters: number;
  /** How full the log may be, percent of JOURNAL_MAX. */
  readonly logPercent: number;
  /** How many runs in a row a job may miss: an Evida that is upgraded misses one. */
  readonly missedRuns: number;
  /** How long ago the last backup may be, hours: BACKUP_SCHEDULE is each night. */
  readonly backupHours: number;
  /** How long ago the last rehearsal may be, days: REHEARSAL_SCHEDULE is each week. */
  readonly rehearsalDays: number;
  /** Of how many business days before today what was billed and what was metered are compared. */
  readonly reconciledDays: number;
}

const GRACE_MS = 5 * 60_000;

export function limitsOf(settings: Settings): Limits {
  return {
    drawingA: settings.PHOTOGRAPH_CURRENT_DEADBAND_A,
    photographedEveryMs: settings.PHOTOGRAPH_INTERVAL + GRACE_MS,
    meter: { kwh: 1, share: 0.1 },
    noMessageS: 300,
    unsentS: 900,
    deadLetters: 10,
    logPercent: 80,
    missedRuns: 2,
    backupHours: 26,
    rehearsalDays: 8,
    reconciledDays: 3,
  };
}
