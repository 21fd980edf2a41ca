import type { Config } from '../config.ts';
import { createInflux } from '../influx/connect.ts';
import { createQueryFlux } from '../influx/query.ts';
import type { Log } from '../log.ts';
import { connectDatabase, type Database } from '../postgres/database.ts';
import type { JobPeriod } from '../postgres/job-ledger.ts';
import { migrate } from '../postgres/migrate.ts';
import { projectFile } from '../project-file.ts';
import { forgetCustomer, type KnownCustomer, lookUpCustomer } from './analysis/forget-customer.ts';
import { lookAtLedger } from './analysis/look-at-ledger.ts';
import { listProblems, type TransactionProblem } from './analysis/problems.ts';
import type { ReportScope } from './analysis/report/month-report.ts';
import { printReport } from './analysis/report/print-report.ts';
import {
  type AnalysisResult,
  type AnalysisSelection,
  type AnalysisSources,
  runAnalysis,
} from './analysis/run-analysis.ts';
import { checksumTables, type TableChecksum } from './analysis/table-checksums.ts';

export type { JobPeriod, KnownCustomer };

/** Queries read months of photographs. */
const INFLUX_TIMEOUT_MS = 600_000;

/** The analysis on the servers that the environment names, apart from everything else that Evida does. */
export interface Analysis {
  /** Brings the database up to date, if it can be reached now. @throws EvidaError POSTGRES_UNAVAILABLE and others */
  prepare(): Promise<void>;
  /** @throws EvidaError as `runAnalysis` */
  run(selection: AnalysisSelection, signal: AbortSignal): Promise<AnalysisResult>;
  /** Every period, and whether it is due now. */
  ledger(): Promise<JobPeriod[]>;
  problems(): Promise<TransactionProblem[]>;
  /** A month, as 2026-10, as a text of this format. */
  report(month: string, scope: ReportScope, format: 'csv' | 'json' | 'html'): Promise<string>;
  checksums(): Promise<Record<string, TableChecksum>>;
  /** What is known of a customer, by the number at Eboost. */
  customer(number: string): Promise<KnownCustomer>;
  /** Forgets a customer for good; gives what was known until then. */
  forget(number: string): Promise<KnownCustomer>;
  readonly database: Database;
  readonly eboost: Database;
  close(): Promise<void>;
}

export function openAnalysis(config: Config, log: Log): Analysis {
  const database = connectDatabase(config.DATABASE_URL, 'evida', log, config.DATABASE_CA_FILE);
  const eboost = connectDatabase(config.EBOOST_DATABASE_URL, 'evida', log, config.EBOOST_DATABASE_CA_FILE);
  return {
    prepare: async () => void (await migrate(database, projectFile('sql'))),
    run: (selection, signal) =>
      runAnalysis(analysisSources(config, { database, eboost }, Date.now, signal), selection),
    ledger: () => lookAtLedger(database, config.TIME_ZONE, Date.now()),
    problems: () => listProblems(database),
    report: (month, scope, format) => printReport(database, month, scope, format),
    checksums: () => checksumTables(database),
    customer: (number) => lookUpCustomer(database, number),
    forget: (number) => forgetCustomer(database, number, config.TIME_ZONE),
    database,
    eboost,
    close: async () => void (await Promise.all([database.end(), eboost.end()])),
  };
}

/** What `runAnalysis` works on, by the environment. @param now ms UTC */
export function analysisSources(
  config: Config,
  { database, eboost }: Pick<Analysis, 'database' | 'eboost'>,
  now: () => number,
  signal: AbortSignal,
): AnalysisSources {
  const influx = createInflux(config, config.INFLUX_TOKEN, INFLUX_TIMEOUT_MS);
  return {
    database,
    eboost,
    queryFlux: createQueryFlux(influx, config.INFLUX_ORG),
    historyBucket: config.INFLUX_HISTORY_BUCKET,
    telemetryBucket: config.INFLUX_TELEMETRY_BUCKET,
    reports: {
      connectionString: config.AZURE_STORAGE_CONNECTION_STRING,
      container: config.BACKUP_CONTAINER,
    },
    timeZone: config.TIME_ZONE,
    definitions: config,
    now,
    signal,
  };
}
