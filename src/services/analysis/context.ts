import type { QueryFlux } from '../../influx/query.ts';
import type { Connection, Database } from '../../postgres/database.ts';
import type { DaySpan } from '../../postgres/job-ledger.ts';

/** Where the reports of closed months are written to. */
export interface ReportStore {
  readonly connectionString: string;
  readonly container: string;
}

/** What the jobs of one run of the analysis share. */
export interface AnalysisContext {
  readonly database: Database;
  readonly eboost: Database;
  readonly queryFlux: QueryFlux;
  readonly historyBucket: string;
  /** Undefined: nothing is downsampled again. */
  readonly telemetryBucket: string | undefined;
  /** Undefined: reports of closed months are not kept. */
  readonly reports: ReportStore | undefined;
  /** The numbers of the definitions by the names that sql/ uses. */
  readonly settings: Readonly<Record<string, string>>;
  readonly timeZone: string;
  /** The moment of this run: what is recorded later is not in it. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** The moment of the run as ISO text. */
export function nowOf({ nowMs }: AnalysisContext): string {
  return new Date(nowMs).toISOString();
}

/** What a job has done to a span of business days. */
export interface JobOutcome {
  /** Rows that the table holds of the span, or that were read. */
  readonly rows: number;
  /** The days of rows that became other than they were. */
  readonly changed: DaySpan | undefined;
}

/** Does the business days [fromDay, toDay) in the transaction of the connection. */
export type DoSpan = (connection: Connection, span: DaySpan, context: AnalysisContext) => Promise<JobOutcome>;

/** One span that holds both. */
export function joined(one: DaySpan | undefined, other: DaySpan | undefined): DaySpan | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    fromDay: [one.fromDay, other.fromDay].sort()[0] ?? one.fromDay,
    toDay: [one.toDay, other.toDay].sort()[1] ?? one.toDay,
  };
}
