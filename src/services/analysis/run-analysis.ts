import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { mirrorTransactions } from '../../eboost/mirror-transactions.ts';
import type { QueryFlux } from '../../influx/query.ts';
import { type Connection, type Database, inTransaction } from '../../postgres/database.ts';
import { projectFile } from '../../project-file.ts';
import { stageEnergyDrawn } from './energy-drawn.ts';
import { wholePeriod } from './period.ts';

/** The advisory lock that one analysing process holds. */
const ANALYSIS_LOCK = 7_305_422_002;

const CHARGING_EVENT_DAY = readFileSync(projectFile('sql', 'analysis', 'charging-event-day.sql'), 'utf8');
const RowCount = z.object({ rows: z.number() });

export interface AnalysisSources {
  readonly database: Database;
  readonly eboost: Database;
  readonly queryFlux: QueryFlux;
  readonly historyBucket: string;
  readonly timeZone: string;
  /** ms UTC: the business day that contains it is the last one. */
  readonly now: () => number;
  /** Ends the analysis between two steps; the tables stay as they were. */
  readonly signal: AbortSignal;
}

export interface AnalysisResult {
  /** Transactions that were new or had changed at Eboost. */
  readonly mirrored: number;
  readonly fromDay: string;
  readonly toDay: string;
  /** Rows of CHARGING_EVENT_DAY in that period. */
  readonly rows: number;
}

/** Brings CHARGING_EVENT_DAY up to what Eboost billed and the boxes metered: all in one transaction, one process at a time. */
export async function runAnalysis(sources: AnalysisSources): Promise<AnalysisResult> {
  const { database, eboost, queryFlux, historyBucket, timeZone, now, signal } = sources;
  const analyse = async (connection: Connection): Promise<AnalysisResult> => {
    await connection.query('SELECT pg_advisory_xact_lock($1)', [ANALYSIS_LOCK]);
    const mirrored = await mirrorTransactions(eboost, connection, signal);
    const period = await wholePeriod(connection, timeZone, now());
    await stageEnergyDrawn(queryFlux, historyBucket, period, connection, signal);
    const { fromDay, toDay } = period;
    const result = await connection.query(CHARGING_EVENT_DAY, [timeZone, fromDay, toDay]);
    return { mirrored, fromDay, toDay, rows: RowCount.parse(result.rows[0]).rows };
  };
  return await inTransaction(database, analyse, signal);
}
