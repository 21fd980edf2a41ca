import { z } from 'zod';
import type { Connection, Database } from '../../../postgres/database.ts';
import { loadSql } from '../../../postgres/sql-file.ts';

/** What a report is about: the whole fleet, one box, or the boxes of a district. */
export interface ReportScope {
  readonly box?: number;
  readonly district?: string;
}

const Totals = z.object({
  month: z.string(),
  events: z.number(),
  customers: z.number(),
  billedKwh: z.number(),
  meteredKwh: z.number(),
  revenue: z.number(),
  activationFee: z.number(),
  discount: z.number(),
  chargingHours: z.number(),
});
const Day = z.object({
  day: z.string(),
  events: z.number(),
  billedKwh: z.number(),
  meteredKwh: z.number(),
  revenue: z.number(),
});
const Hour = z.object({ hour: z.number(), events: z.number(), drawnKwh: z.number() });
const Box = z.object({
  box: z.number(),
  name: z.string().nullable(),
  district: z.string().nullable(),
  customers: z.number(),
  events: z.number(),
  billedKwh: z.number(),
  revenue: z.number(),
  activationFee: z.number(),
  discount: z.number(),
  onlineShare: z.number().nullable(),
  chargingHours: z.number(),
  onlineOutletHours: z.number(),
  utilization: z.number().nullable(),
  utilizationByEvents: z.number(),
});
const CustomerState = z.object({
  state: z.string(),
  customers: z.number(),
  events: z.number(),
  revenue: z.number(),
});
const Loyal = z.object({
  rank: z.number(),
  customer: z.string(),
  name: z.string().nullable(),
  events: z.number(),
  billedKwh: z.number(),
  revenue: z.number(),
  weeksInARow: z.number(),
  loyalSince: z.string(),
});
const Verdict = z.object({
  verdict: z.string(),
  events: z.number(),
  billedKwh: z.number(),
  meteredKwh: z.number(),
});

/** A row a box: what `--format csv` writes. */
export type ReportBox = z.output<typeof Box>;
export type ReportTotals = z.output<typeof Totals>;

/** A month in numbers; energy in kWh, money in VND, days as 2026-10-02. */
export interface MonthReport {
  /** 2026-10. */
  readonly month: string;
  readonly scope: ReportScope;
  readonly totals: ReportTotals;
  readonly before: ReportTotals;
  readonly days: readonly z.output<typeof Day>[];
  readonly hours: readonly z.output<typeof Hour>[];
  readonly boxes: readonly ReportBox[];
  readonly reconciliation: readonly z.output<typeof Verdict>[];
  /** Of the whole fleet; empty if the report is about a part of it, since a customer belongs to no box. */
  readonly customers: readonly z.output<typeof CustomerState>[];
  readonly loyal: readonly z.output<typeof Loyal>[];
}

const PARAMETERS = { month: 'date', box: 'integer', district: 'text' } as const;
const query = <T extends z.ZodType>(file: string, row: T) => {
  const statement = loadSql(`reports/${file}`, PARAMETERS);
  return async (
    database: Database | Connection,
    values: Readonly<Record<keyof typeof PARAMETERS, string | null>>,
  ): Promise<z.output<T>[]> => z.array(row).parse((await database.query(statement.bind(values))).rows);
};
const readTotals = query('totals.sql', Totals);
const readDays = query('days.sql', Day);
const readHours = query('hours.sql', Hour);
const readBoxes = query('boxes.sql', Box);
const readCustomers = query('customers.sql', CustomerState);
const readLoyal = query('loyal.sql', Loyal);
const readReconciliation = query('reconciliation.sql', Verdict);

/** Reads a month, as 2026-10, from the analytic tables. */
export async function readMonthReport(
  database: Database | Connection,
  month: string,
  scope: ReportScope,
): Promise<MonthReport> {
  const values = {
    month: `${month}-01`,
    box: scope.box === undefined ? null : String(scope.box),
    district: scope.district ?? null,
  };
  const isWhole = scope.box === undefined && scope.district === undefined;
  const [totals, before] = await readTotals(database, values);
  if (totals === undefined || before === undefined) throw new Error('totals.sql gives two rows');
  return {
    month,
    scope,
    totals,
    before,
    days: await readDays(database, values),
    hours: await readHours(database, values),
    boxes: await readBoxes(database, values),
    reconciliation: await readReconciliation(database, values),
    customers: isWhole ? await readCustomers(database, values) : [],
    loyal: isWhole ? await readLoyal(database, values) : [],
  };
}
