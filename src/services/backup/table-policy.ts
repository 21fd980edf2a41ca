/** How a table is copied. */
export type TablePolicy =
  /** Rows that come and are corrected, with a bigint `id`: a full copy once, then what changed_row names. */
  | { readonly table: string; readonly kind: 'facts'; readonly newer: string }
  /** What is computed anew: all of it each time, cut by month where a column tells one, so that months at rest are not sent. */
  | {
      readonly table: string;
      readonly kind: 'snapshot';
      readonly month?: string;
      /** Rows that belong to this database alone. */
      readonly except?: string;
      /** Rows that are there stay, whatever is restored. */
      readonly onlyGrows?: true;
    };

/** Facts are copied whole again after so many changes of them, so that a restore does not get longer and longer. */
export const MOST_CHANGES = 60;
/** Ids in one blob of a full copy. */
export const IDS_A_BLOB = 100_000;

/** Restored before all others: triggers leave out of these what tells of customers that it names. */
export const FORGOTTEN = 'forgotten_customer';

/** Every table of the schema, but for `migration` and `changed_row`, which a database makes for itself. */
export const TABLE_POLICIES: readonly TablePolicy[] = [
  { table: FORGOTTEN, kind: 'snapshot', onlyGrows: true },
  { table: 'eboost_transaction', kind: 'facts', newer: 'updated_at' },
  { table: 'eboost_user', kind: 'facts', newer: 'updated_at' },
  { table: 'eboost_box', kind: 'snapshot' },
  { table: 'judged_transaction', kind: 'snapshot', month: 'day' },
  { table: 'charging_session', kind: 'snapshot', month: 'day' },
  { table: 'box_hour', kind: 'snapshot', month: `hour AT TIME ZONE 'UTC'` },
  { table: 'energy_outside_session', kind: 'snapshot', month: 'day' },
  { table: 'outlet_installation', kind: 'snapshot' },
  { table: 'outlet_known', kind: 'snapshot', month: 'day' },
  { table: 'box_connection', kind: 'snapshot', month: `at AT TIME ZONE 'UTC'` },
  { table: 'unobserved_time', kind: 'snapshot' },
  { table: 'charging_event_day', kind: 'snapshot', month: 'day' },
  { table: 'charging_event_week', kind: 'snapshot', month: 'week' },
  { table: 'charging_box_analysis', kind: 'snapshot', month: 'month' },
  { table: 'charging_pattern', kind: 'snapshot', month: 'month' },
  { table: 'customer_month', kind: 'snapshot', month: 'month' },
  { table: 'loyal_customers', kind: 'snapshot', month: 'month' },
  { table: 'analysis_setting', kind: 'snapshot' },
  { table: 'job_run', kind: 'snapshot', except: `job IN ('backup', 'rehearsal')` },
];

/** Tables that are in no backup, and why: migrations make them, and what they hold is about this database alone. */
export const TABLES_LEFT_OUT = ['migration', 'changed_row'] as const;

/** @throws Error for a table that is in no backup */
export function policyOf(table: string): TablePolicy | undefined {
  return TABLE_POLICIES.find((policy) => policy.table === table);
}

/** The rows of a table that a backup is about, as a condition in SQL. */
export function scopeOf(policy: TablePolicy | undefined): string {
  return policy?.kind === 'snapshot' && policy.except !== undefined ? `NOT (${policy.except})` : 'true';
}
