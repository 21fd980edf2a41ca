import { z } from 'zod';
import type { SqlParameters } from '../../postgres/sql-file.ts';
import { DEFINITIONS } from '../../variables.ts';

/** What the definitions of the tables depend on, as the environment gives it; durations in ms. */
export type Definitions = Readonly<z.output<z.ZodObject<typeof DEFINITIONS>>>;

/** The definitions without any environment. */
export const DEFAULT_DEFINITIONS: Definitions = z.object(DEFINITIONS).parse({});

/**
 * What the statements of sql/analysis may name: the span and the moment of a run, and the numbers of the definitions. The
 * instants at which the span begins and ends are given, so that Postgres knows them when it plans.
 */
export const ANALYSIS_PARAMETERS = {
  from_day: 'date',
  to_day: 'date',
  from_time: 'timestamptz',
  to_time: 'timestamptz',
  now: 'timestamptz',
  time_zone: 'text',
  first_box: 'integer',
  event_min_kwh: 'numeric',
  event_min_paid_kwh: 'numeric',
  merge_gap: 'interval',
  abandoned_after: 'interval',
  utilization_events_per_outlet: 'numeric',
  frequent_min_events: 'numeric',
  occasional_min_events: 'numeric',
  high_energy_kwh: 'numeric',
  halved_share: 'numeric',
  inactive_months: 'integer',
  loyal_min_events: 'integer',
  loyal_min_weeks: 'integer',
} as const satisfies SqlParameters;

/** The numbers of the definitions by the names that sql/ uses. */
export function settingsOf(definitions: Definitions): Readonly<Record<string, string>> {
  const seconds = (ms: number) => `${ms / 1000} seconds`;
  return {
    time_zone: definitions.TIME_ZONE,
    first_box: String(definitions.FIRST_BOX),
    event_min_kwh: String(definitions.EVENT_MIN_KWH),
    event_min_paid_kwh: String(definitions.EVENT_MIN_PAID_KWH),
    merge_gap: seconds(definitions.SESSION_MERGE_GAP),
    abandoned_after: seconds(definitions.SESSION_ABANDONED_AFTER),
    reconciliation_tolerance_kwh: String(definitions.RECONCILIATION_TOLERANCE_KWH),
    reconciliation_tolerance_share: String(definitions.RECONCILIATION_TOLERANCE_SHARE),
    utilization_events_per_outlet: String(definitions.UTILIZATION_EVENTS_PER_OUTLET),
    frequent_min_events: String(definitions.FREQUENT_MIN_EVENTS),
    occasional_min_events: String(definitions.OCCASIONAL_MIN_EVENTS),
    high_energy_kwh: String(definitions.HIGH_ENERGY_KWH),
    halved_share: String(definitions.HALVED_SHARE),
    inactive_months: String(definitions.INACTIVE_MONTHS),
    loyal_min_events: String(definitions.LOYAL_MIN_EVENTS),
    loyal_min_weeks: String(definitions.LOYAL_MIN_WEEKS),
  };
}
