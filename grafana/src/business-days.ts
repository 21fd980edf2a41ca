/** The business days that the time range of the dashboard begins and ends on, by the clock of the variable time_zone. */
const FROM_DAY = '($__timeFrom()::timestamptz AT TIME ZONE ${time_zone:sqlstring})::date';
const TO_DAY = '($__timeTo()::timestamptz AT TIME ZONE ${time_zone:sqlstring})::date';

/** Rows of the business days that the time range touches. */
export function inDays(day = 'day'): string {
  return `${day} BETWEEN ${FROM_DAY} AND ${TO_DAY}`;
}

/** Rows of the weeks or months that the time range touches, by the day that they begin on. */
export function inPeriods(unit: 'week' | 'month', firstDay: string): string {
  return `${firstDay} BETWEEN date_trunc('${unit}', ${FROM_DAY}::timestamp)::date AND ${TO_DAY}`;
}

/** The moment at which a business day begins. */
export function startOf(day: string): string {
  return `${day}::timestamp AT TIME ZONE \${time_zone:sqlstring}`;
}
