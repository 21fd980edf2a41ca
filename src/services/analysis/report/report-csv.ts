import type { MonthReport, ReportBox } from './month-report.ts';

const COLUMNS: Readonly<Record<string, (box: ReportBox) => string | number | null>> = {
  box: ({ box }) => box,
  name: ({ name }) => name,
  district: ({ district }) => district,
  customers: ({ customers }) => customers,
  charging_events: ({ events }) => events,
  billed_kwh: ({ billedKwh }) => billedKwh,
  revenue: ({ revenue }) => revenue,
  activation_fee: ({ activationFee }) => activationFee,
  discount: ({ discount }) => discount,
  online_share: ({ onlineShare }) => onlineShare,
  charging_hours: ({ chargingHours }) => chargingHours,
  online_outlet_hours: ({ onlineOutletHours }) => onlineOutletHours,
  utilization: ({ utilization }) => utilization,
  utilization_by_events: ({ utilizationByEvents }) => utilizationByEvents,
};

/** The boxes of the report as CSV (RFC 4180): a line of names, and a line a box. */
export function reportCsv({ month, boxes }: MonthReport): string {
  const lines = boxes.map((box) => [month, ...Object.values(COLUMNS).map((of) => of(box))]);
  return [['month', ...Object.keys(COLUMNS)], ...lines]
    .map((line) => `${line.map(field).join(',')}\r\n`)
    .join('');
}

/** A spreadsheet takes what begins with one of these for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function field(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text;
}
