export const REASONS = ['first', 'status', 'reset', 'change', 'draw', 'interval', 'idle'] as const;

/** Why a photograph was taken (domain.md, photographs rule 2, 3 and 6). */
export type Reason = (typeof REASONS)[number];

export function isReason(text: string | undefined): text is Reason {
  return REASONS.some((reason) => reason === text);
}

/** The values of an outlet at one instant, in wire units, or UNKNOWN. */
export interface OutletValues {
  readonly currentMa: number;
  readonly powerFactor: number;
  readonly voltageV: number;
  readonly energyJ: number;
}

/** One durable record of everything known of an outlet at one instant. */
export interface Photograph extends OutletValues {
  readonly box: number;
  readonly outlet: number;
  readonly timeMs: number;
  readonly reason: Reason;
  readonly status: number;
  /** The digit of the command that this status followed, or UNKNOWN. */
  readonly command: number;
  readonly registerReset: boolean;
  /** Something of it waited at the broker while Evida was away. */
  readonly backlog: boolean;
}

/** The numbers of the rules, in wire units and ms. */
export interface PhotographRules {
  readonly currentDeadbandMa: number;
  readonly powerFactorDeadband: number;
  readonly voltageDeadbandV: number;
  readonly energyDeadbandJ: number;
  readonly intervalMs: number;
  readonly idleIntervalMs: number;
  readonly settleMs: number;
  readonly settleMaxMs: number;
  /** At most one `change` or `draw` of an outlet in so long. */
  readonly changeMinIntervalMs: number;
  readonly silentAfterMs: number;
}
