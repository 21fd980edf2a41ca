/** The numbers of the utilization rules, ms. */
export interface UtilizationRules {
  /** A series is written at most so often, besides the full hours. */
  readonly intervalMs: number;
  /** What was not heard for so long is not sampled at the full hour. */
  readonly silentAfterMs: number;
}

/** The energy register of an outlet, or of the box as a whole. */
interface RegisterSample {
  readonly kind: 'register';
  readonly box: number;
  /** 0..9 an outlet, 10 the box. */
  readonly index: number;
  readonly timeMs: number;
  readonly energyJ: number;
}

/** The external meter of a box; what is not known of it is UNKNOWN. */
interface MeterSample {
  readonly kind: 'meter';
  readonly box: number;
  readonly timeMs: number;
  readonly voltageV: number;
  readonly currentA: number;
  readonly energyKwh: number;
}

export type UtilizationSample = RegisterSample | MeterSample;
