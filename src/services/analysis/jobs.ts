import type { DaySpan, PeriodUnit } from '../../postgres/job-ledger.ts';
import { buildSessions } from './charging-sessions.ts';
import { copyConnections, copyGaps } from './connections.ts';
import type { DoSpan } from './context.ts';
import { downsampleAgain } from './downsample.ts';
import { matchTransactions } from './match-transactions.ts';
import { storeReport } from './report/store-report.ts';
import { fillBySql } from './run-sql.ts';

/** What becomes due when rows of a job have changed: the same days, or more. */
export interface Cause {
  readonly job: string;
  /**
   * - `same`: the days themselves
   * - `next week`: seven days more, since a week tells its change against the one before
   * - `until now`: all later ones, too, since they build on what was before
   * - `next period`: only the period after, which builds on this one
   */
  readonly days: 'same' | 'next week' | 'until now' | 'next period';
}

/** One table of the analysis, or a few that are built together: how it is brought up to date, and what hangs together. */
export interface AnalysisJob {
  readonly name: string;
  readonly unit: PeriodUnit;
  /** It waits while periods of these are not done: such as share days with its own, or any earlier ones. */
  readonly after: readonly { readonly job: string; readonly periods: 'same' | 'earlier' }[];
  readonly causes: readonly Cause[];
  /** Whether only the days that are due are done, or always the whole period. */
  readonly does: 'due days' | 'whole period';
  /** Its periods build on each other: one at a time, in their order. */
  readonly inOrder?: true;
  readonly run: DoSpan;
}

const same = (...jobs: string[]) => jobs.map((job) => ({ job, periods: 'same' as const }));
const earlier = (...jobs: string[]) => jobs.map((job) => ({ job, periods: 'earlier' as const }));
const causes = (days: Cause['days'], ...jobs: string[]) => jobs.map((job) => ({ job, days }));

/** What a change of a charging event changes. */
const OF_EVENTS = [
  ...causes('same', 'charging-event-day', 'charging-box-analysis', 'charging-pattern'),
  ...causes('until now', 'customer-month', 'loyal-customers'),
];

/** In an order in which each comes after what it depends on. */
export const JOBS: readonly AnalysisJob[] = [
  {
    name: 'downsampled-hours',
    unit: 'month',
    after: [],
    causes: [],
    does: 'due days',
    run: downsampleAgain,
  },
  {
    name: 'unobserved-time',
    unit: 'month',
    after: [],
    causes: [...causes('until now', 'charging-session'), ...causes('same', 'charging-box-analysis')],
    does: 'due days',
    run: copyGaps,
  },
  {
    name: 'box-connection',
    unit: 'month',
    after: [],
    // What a point tells holds until the next one, which may be in another month.
    causes: causes('until now', 'charging-box-analysis'),
    does: 'due days',
    run: copyConnections,
  },
  {
    name: 'charging-session',
    unit: 'month',
    after: earlier('unobserved-time'),
    causes: [
      ...causes('same', 'transaction-match', 'charging-event-day', 'charging-pattern'),
      ...causes('until now', 'charging-box-analysis'),
    ],
    does: 'due days',
    inOrder: true,
    run: buildSessions,
  },
  {
    name: 'judged-transaction',
    unit: 'month',
    after: [],
    causes: [...causes('same', 'transaction-match'), ...OF_EVENTS],
    does: 'due days',
    run: fillBySql('judged-transaction.sql'),
  },
  {
    name: 'transaction-match',
    unit: 'month',
    after: same('charging-session', 'judged-transaction'),
    causes: OF_EVENTS,
    does: 'due days',
    inOrder: true,
    run: matchTransactions,
  },
  {
    name: 'charging-event-day',
    unit: 'month',
    after: same('charging-session', 'transaction-match'),
    causes: [...causes('next week', 'charging-event-week'), ...causes('same', 'month-report')],
    does: 'due days',
    run: fillBySql('charging-event-day.sql'),
  },
  {
    name: 'charging-event-week',
    unit: 'week',
    after: same('charging-event-day'),
    causes: [],
    does: 'whole period',
    run: fillBySql('charging-event-week.sql'),
  },
  {
    name: 'charging-box-analysis',
    unit: 'month',
    after: [
      ...same('transaction-match'),
      ...earlier('charging-session', 'box-connection', 'unobserved-time'),
    ],
    causes: [],
    does: 'whole period',
    run: fillBySql('charging-box-analysis.sql'),
  },
  {
    name: 'charging-pattern',
    unit: 'month',
    after: same('charging-session', 'transaction-match'),
    causes: [],
    does: 'due days',
    run: fillBySql('charging-pattern.sql'),
  },
  {
    name: 'customer-month',
    unit: 'month',
    after: earlier('transaction-match'),
    causes: [],
    does: 'whole period',
    run: fillBySql('customer-month.sql'),
  },
  {
    name: 'loyal-customers',
    unit: 'month',
    after: earlier('transaction-match'),
    causes: [...causes('next period', 'loyal-customers'), ...causes('same', 'month-report')],
    does: 'whole period',
    inOrder: true,
    run: fillBySql('loyal-customers.sql'),
  },
  {
    name: 'month-report',
    unit: 'month',
    after: same(
      'charging-event-day',
      'charging-box-analysis',
      'charging-pattern',
      'customer-month',
      'loyal-customers',
    ),
    causes: [],
    does: 'whole period',
    run: storeReport,
  },
];

/** A job by its name. */
export function jobNamed(name: string): AnalysisJob {
  const job = JOBS.find((candidate) => candidate.name === name);
  if (job === undefined) throw new Error(`there is no job ${name}`);
  return job;
}

/** The days that a cause makes due. @param tomorrow the business day after that of the run */
export function causedDays(cause: Cause, changed: DaySpan, tomorrow: string): DaySpan | undefined {
  const { fromDay, toDay } = changed;
  switch (cause.days) {
    case 'same':
      return changed;
    case 'next week':
      return { fromDay, toDay: plusDays(toDay, 7) };
    case 'until now':
      return { fromDay, toDay: tomorrow > toDay ? tomorrow : toDay };
    case 'next period': {
      const next = firstOfNextMonth(plusDays(toDay, -1));
      return next < tomorrow ? { fromDay: next, toDay: plusDays(next, 1) } : undefined;
    }
  }
}

function plusDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

function firstOfNextMonth(day: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + 1, 1);
  return at.toISOString().slice(0, 10);
}
