/** One thing that `evida setup` has looked at: how it is to be changed, and how that is done. */
export interface PlannedChange {
  readonly action: 'create' | 'update' | 'keep';
  /** What it is, in words: "bucket telemetry, kept for ever". */
  readonly what: string;
  /** Does it; absent when nothing is to be done. */
  readonly apply?: () => Promise<void>;
}

/** Something that is as it should be. */
export function kept(what: string): PlannedChange {
  return { action: 'keep', what };
}
