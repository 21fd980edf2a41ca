import { StackingMode } from '@grafana/grafana-foundation-sdk/common';
import { inDays, inPeriods, startOf } from '../business-days.ts';
import { createDashboard, type Dashboard, type Row } from '../dashboard.ts';
import {
  BARS,
  barChart,
  heatmap,
  type Look,
  stat,
  table,
  timeSeries,
  type UnplacedPanel,
} from '../panels.ts';
import type { Settings } from '../settings.ts';
import { flux, sql } from '../targets.ts';
import { calculate, joinByField, organize, sortBy } from '../transformations.ts';
import { BOXES, historyBucket, IN_BOXES, PLACE, timeZone } from '../variables.ts';
import { BOX, EVENTS, OUTLET, REVENUE } from '../words.ts';

/** *Sessions and money*: what the chosen boxes delivered and earned, when, and whether both agree. */
export function sessionsAndMoney(settings: Settings): Dashboard {
  return createDashboard({
    uid: 'evida-sessions',
    title: 'Sessions and money',
    description:
      'What the chosen boxes delivered and earned, when they are used, and whether what was billed is what was metered. Days, weeks and months are those of TIME_ZONE.',
    from: 'now-30d',
    refresh: '15m',
    variables: [...PLACE, BOXES, timeZone(settings), historyBucket(settings)],
    rows: [
      { title: 'In this time range', panels: [totals()] },
      { title: 'By day', panels: [revenueByDay(), eventsByDay(), energyByDay(), revenueOfDrawnEnergy()] },
      byPeriod('week'),
      byPeriod('month'),
      {
        title: 'When boxes are used',
        panels: [
          pattern({
            title: 'Charging events by weekday and hour',
            description:
              'When charging events start: how many in each hour of each weekday, over the months that the time range touches.',
            unit: 'none',
            column: 'charging_events',
          }),
          pattern({
            title: 'Energy drawn by weekday and hour',
            description:
              'When energy is drawn: how much in each hour of each weekday, over the months that the time range touches.',
            unit: 'kwatth',
            column: 'drawn_kwh',
          }),
          chargingByHour(settings),
        ],
      },
      { title: 'By box', panels: [byBox()] },
      {
        title: 'Billed and metered',
        panels: [verdicts(), verdictsByDay(), unbilled(), unmetered(), problems()],
      },
    ],
  });
}

const NO_EVENTS = 'No charging events in this time range';

const BILLED: Look = { displayName: 'Billed', unit: 'kwatth', decimals: 2, color: 'orange' };
const METERED: Look = { displayName: 'Metered', unit: 'kwatth', decimals: 2, color: 'blue' };
const PER_KWH: Look = { displayName: 'Revenue for a kWh', unit: 'currencyVND', decimals: 0 };

/** Days of the boxes, from box_period. */
const OF_DAYS = `FROM box_period WHERE unit = 'day' AND ${inDays('first_day')} AND ${IN_BOXES}`;

function totals(): UnplacedPanel {
  return stat({
    title: 'Charging events, energy and revenue',
    description:
      'Charging events (valid transactions) that start on the days of the time range, what was billed for them, and what the boxes metered in sessions that start on these days.',
    unit: 'none',
    noValue: NO_EVENTS,
    width: 24,
    height: 4,
    targets: [
      sql(
        'totals',
        `SELECT sum(charging_events)::integer AS charging_events, sum(revenue) AS revenue, sum(billed_kwh) AS billed_kwh,
       sum(metered_kwh) AS metered_kwh, sum(revenue) / nullif(sum(billed_kwh), 0) AS revenue_a_kwh, sum(discount) AS discount
  ${OF_DAYS}`,
      ),
    ],
    fields: {
      charging_events: EVENTS,
      revenue: REVENUE,
      billed_kwh: BILLED,
      metered_kwh: METERED,
      revenue_a_kwh: { ...PER_KWH, displayName: 'Revenue for a billed kWh' },
      discount: { displayName: 'Discount', unit: 'currencyVND', decimals: 0 },
    },
  });
}

function revenueByDay(): UnplacedPanel {
  return timeSeries({
    title: 'Revenue by day',
    description: 'Total fees of the charging events that start on each business day.',
    unit: 'currencyVND',
    noValue: NO_EVENTS,
    min: 0,
    width: 12,
    height: 8,
    style: BARS,
    targets: [sql('revenue', byDay('sum(revenue) AS revenue'))],
    fields: { revenue: REVENUE },
  });
}

function eventsByDay(): UnplacedPanel {
  return timeSeries({
    title: 'Charging events by day',
    description: 'Charging events (valid transactions) that start on each business day.',
    unit: 'none',
    noValue: NO_EVENTS,
    min: 0,
    width: 12,
    height: 8,
    style: BARS,
    targets: [sql('events', byDay('sum(charging_events)::integer AS charging_events'))],
    fields: { charging_events: EVENTS },
  });
}

function energyByDay(): UnplacedPanel {
  return timeSeries({
    title: 'Metered and billed energy by day',
    description:
      "Metered: increases of the outlets' energy registers (InfluxDB). Billed: valid transactions (Postgres), on the day on which they start. A gap that lasts is energy that nobody pays for.",
    unit: 'kwatth',
    noValue: 'No energy in this time range',
    min: 0,
    width: 12,
    height: 8,
    style: BARS,
    targets: [
      flux('metered', 'metered-energy-by-day', { functions: ['energy-increases'] }),
      sql('billed', byDay('sum(billed_kwh) AS billed')),
    ],
    transformations: [joinByField('time', 'outer')],
    fields: { metered: METERED, billed: BILLED },
  });
}

function revenueOfDrawnEnergy(): UnplacedPanel {
  return timeSeries({
    title: 'Revenue for a metered kWh by day',
    description:
      "Revenue of each business day (Postgres) by the energy that the outlets' registers grew by (InfluxDB). It falls where energy is not billed, or billed for too little.",
    unit: 'currencyVND',
    noValue: 'No energy in this time range',
    min: 0,
    width: 12,
    height: 8,
    targets: [
      flux('metered', 'metered-energy-by-day', { functions: ['energy-increases'] }),
      sql('revenue', byDay('sum(revenue) AS revenue')),
    ],
    transformations: [
      joinByField('time', 'inner'),
      calculate('revenue_a_kwh', 'revenue', '/', 'metered'),
      organize({ time: 'time', revenue_a_kwh: 'revenue_a_kwh', metered: null, revenue: null }),
    ],
    fields: { revenue_a_kwh: PER_KWH },
  });
}

function byDay(columns: string): string {
  return `SELECT ${startOf('first_day')} AS "time", ${columns}
  ${OF_DAYS}
 GROUP BY first_day
 ORDER BY first_day`;
}

/** Weeks or months beside each other. */
function byPeriod(unit: 'week' | 'month'): Row {
  const of = (columns: string) =>
    sql(
      'periods',
      `SELECT period, ${columns}
  FROM box_period
 WHERE unit = '${unit}' AND ${inPeriods(unit, 'first_day')} AND ${IN_BOXES}
 GROUP BY period
 ORDER BY period`,
    );
  const place = { noValue: NO_EVENTS, min: 0, width: 8, height: 8, xField: 'period' };
  const whole = `over each ${unit === 'week' ? 'ISO week' : 'calendar month'} that the time range touches, the whole of it`;
  return {
    title: `By ${unit}`,
    panels: [
      barChart({
        ...place,
        title: `Revenue by ${unit}`,
        description: `Total fees of the charging events, ${whole}.`,
        unit: 'currencyVND',
        targets: [of('sum(revenue) AS revenue')],
        fields: { revenue: REVENUE },
      }),
      barChart({
        ...place,
        title: `Charging events by ${unit}`,
        description: `Charging events (valid transactions), ${whole}.`,
        unit: 'none',
        targets: [of('sum(charging_events)::integer AS charging_events')],
        fields: { charging_events: EVENTS },
      }),
      barChart({
        ...place,
        title: `Energy by ${unit}`,
        description: `What was metered in sessions that start then, and what was billed, ${whole}.`,
        unit: 'kwatth',
        targets: [of('sum(metered_kwh) AS metered, sum(billed_kwh) AS billed')],
        fields: { metered: METERED, billed: BILLED },
      }),
    ],
  };
}

/** From the lowest row of a heatmap to the highest. */
const WEEKDAYS = ['Sunday', 'Saturday', 'Friday', 'Thursday', 'Wednesday', 'Tuesday', 'Monday'];

interface Pattern {
  readonly title: string;
  readonly description: string;
  readonly unit: 'none' | 'kwatth';
  readonly column: 'charging_events' | 'drawn_kwh';
}

function pattern({ title, description, unit, column }: Pattern): UnplacedPanel {
  const weekdays = WEEKDAYS.map(
    (name, index) =>
      `       coalesce(sum(${column}) FILTER (WHERE weekday = ${WEEKDAYS.length - index}), 0)::double precision AS "${name}"`,
  );
  return heatmap({
    title,
    description,
    unit,
    noValue: NO_EVENTS,
    width: 12,
    height: 9,
    rowAxis: '',
    targets: [
      sql(
        'pattern',
        `SELECT hours.hour,
${weekdays.join(',\n')}
  FROM generate_series(0, 23) AS hours (hour)
  LEFT JOIN charging_pattern AS pattern
         ON pattern.hour = hours.hour AND ${inPeriods('month', 'month')} AND ${IN_BOXES}
 GROUP BY hours.hour
 ORDER BY hours.hour`,
      ),
    ],
  });
}

function chargingByHour({ SESSION_ABANDONED_AFTER }: Settings): UnplacedPanel {
  return timeSeries({
    title: 'Outlets charging and charging events by hour',
    description:
      'Outlets that were charging, on the mean over each hour, by their photographs (InfluxDB), and the charging events that start in it (Postgres). An outlet that was silent for SESSION_ABANDONED_AFTER does not count as charging. Outlets that charge while no events start for a day are not billed.',
    unit: 'none',
    noValue: 'No photographs in this time range',
    min: 0,
    width: 24,
    height: 9,
    targets: [
      flux('charging', 'outlets-charging-by-hour', {
        params: { abandoned_after_ms: SESSION_ABANDONED_AFTER },
      }),
      sql(
        'events',
        `SELECT hour AS "time", sum(charging_events)::integer AS charging_events
  FROM event_hour
 WHERE ${inDays()} AND ${IN_BOXES}
 GROUP BY hour
 ORDER BY hour`,
      ),
    ],
    transformations: [joinByField('time', 'outer')],
    fields: {
      outlets_charging: { displayName: 'Outlets charging', decimals: 1 },
      charging_events: { ...EVENTS, custom: { ...BARS, axisPlacement: 'right' } },
    },
  });
}

function byBox(): UnplacedPanel {
  return table({
    title: 'Drawn energy and revenue by box',
    description:
      "Energy by which the registers of a box's outlets grew (InfluxDB), beside its charging events and what was billed for them (Postgres), over the business days of the time range.",
    unit: 'none',
    noValue: 'No boxes',
    width: 24,
    height: 10,
    targets: [
      flux('drawn', 'drawn-energy-by-box', { functions: ['energy-increases'] }),
      sql(
        'billed',
        `SELECT box::text AS box, name, district, coalesce(charging_events, 0) AS charging_events, coalesce(billed_kwh, 0) AS billed_kwh,
       coalesce(revenue, 0) AS revenue
  FROM box_place
  LEFT JOIN (
       SELECT box, sum(charging_events)::integer AS charging_events, sum(billed_kwh) AS billed_kwh, sum(revenue) AS revenue
         ${OF_DAYS}
        GROUP BY box) AS billed USING (box)
 WHERE ${IN_BOXES}`,
      ),
    ],
    transformations: [
      joinByField('box', 'outer'),
      calculate('drawn_minus_billed_kwh', 'drawn_kwh', '-', 'billed_kwh'),
      calculate('revenue_a_kwh', 'revenue', '/', 'drawn_kwh'),
      organize({
        box: 'box',
        name: 'name',
        district: 'district',
        charging_events: 'charging_events',
        drawn_kwh: 'drawn_kwh',
        billed_kwh: 'billed_kwh',
        drawn_minus_billed_kwh: 'drawn_minus_billed_kwh',
        revenue: 'revenue',
        revenue_a_kwh: 'revenue_a_kwh',
      }),
      sortBy('revenue', 'descending'),
    ],
    fields: {
      box: BOX,
      name: { displayName: 'Name' },
      district: { displayName: 'District' },
      charging_events: EVENTS,
      drawn_kwh: { displayName: 'Drawn', unit: 'kwatth', decimals: 2 },
      billed_kwh: { displayName: 'Billed', unit: 'kwatth', decimals: 2 },
      drawn_minus_billed_kwh: { displayName: 'Drawn minus billed', unit: 'kwatth', decimals: 2 },
      revenue: REVENUE,
      revenue_a_kwh: { ...PER_KWH, displayName: 'Revenue for a drawn kWh' },
    },
  });
}

/** What RECONCILIATION finds, with the colour of it. */
const VERDICTS = {
  agrees: 'green',
  'billed too little': 'orange',
  'billed too much': 'red',
  'not metered': 'purple',
} as const;

const OF_RECONCILIATION = `FROM reconciliation
 WHERE ${inDays()} AND ${IN_BOXES}`;

function verdicts(): UnplacedPanel {
  return table({
    title: 'Charging events by verdict',
    description:
      'Each charging event beside what was metered for it. They agree within RECONCILIATION_TOLERANCE_KWH, or within RECONCILIATION_TOLERANCE_SHARE of what was billed.',
    unit: 'none',
    noValue: NO_EVENTS,
    width: 12,
    height: 8,
    targets: [
      sql(
        'verdicts',
        `SELECT verdict, count(*)::integer AS charging_events, sum(billed_kwh) AS billed_kwh,
       coalesce(sum(metered_kwh), 0) AS metered_kwh, coalesce(sum(metered_minus_billed_kwh), 0) AS metered_minus_billed_kwh
  ${OF_RECONCILIATION}
 GROUP BY verdict
 ORDER BY count(*) DESC`,
      ),
    ],
    fields: {
      verdict: { displayName: 'Verdict' },
      charging_events: EVENTS,
      billed_kwh: { displayName: 'Billed', unit: 'kwatth', decimals: 2 },
      metered_kwh: { displayName: 'Metered', unit: 'kwatth', decimals: 2 },
      metered_minus_billed_kwh: { displayName: 'Metered minus billed', unit: 'kwatth', decimals: 3 },
    },
  });
}

function verdictsByDay(): UnplacedPanel {
  const counts = Object.keys(VERDICTS).map(
    (verdict) => `count(*) FILTER (WHERE verdict = '${verdict}')::integer AS "${verdict}"`,
  );
  return timeSeries({
    title: 'Verdicts by day',
    description:
      'How many charging events of each business day agree with what was metered, and how the others do not.',
    unit: 'none',
    noValue: NO_EVENTS,
    min: 0,
    width: 12,
    height: 8,
    style: { ...BARS, stacking: { mode: StackingMode.Normal, group: 'verdicts' } },
    targets: [
      sql(
        'verdicts',
        `SELECT ${startOf('day')} AS "time",
       ${counts.join(',\n       ')}
  ${OF_RECONCILIATION}
 GROUP BY day
 ORDER BY day`,
      ),
    ],
    fields: Object.fromEntries(Object.entries(VERDICTS).map(([verdict, color]) => [verdict, { color }])),
  });
}

function unbilled(): UnplacedPanel {
  return table({
    title: 'Unbilled energy',
    description:
      'Energy that was drawn and that no charging event bills: metered sessions without one, and energy outside of any session. Up to RECONCILIATION_TOLERANCE_KWH is not shown.',
    unit: 'none',
    noValue: 'Nothing was drawn that is not billed',
    width: 12,
    height: 9,
    targets: [
      sql(
        'unbilled',
        `SELECT box, outlet, day::text AS day, kind, start_time, end_time, unbilled_kwh
  FROM unbilled_energy
 WHERE ${inDays()} AND ${IN_BOXES}
 ORDER BY unbilled_kwh DESC
 LIMIT 500`,
      ),
    ],
    fields: {
      box: BOX,
      outlet: OUTLET,
      day: { displayName: 'Day' },
      kind: { displayName: 'Drawn in' },
      start_time: { displayName: 'From' },
      end_time: { displayName: 'To' },
      unbilled_kwh: { displayName: 'Energy', unit: 'kwatth', decimals: 3 },
    },
  });
}

function unmetered(): UnplacedPanel {
  return table({
    title: 'Unmetered transactions',
    description: 'Charging events that no metered session is matched to: billed, but never seen by a box.',
    unit: 'none',
    noValue: 'All that was billed was metered',
    width: 12,
    height: 9,
    targets: [
      sql(
        'unmetered',
        `SELECT transaction_id, box, outlet, day::text AS day, start_time, end_time, billed_kwh, revenue::double precision AS revenue
  FROM unmetered_transactions
 WHERE ${inDays()} AND ${IN_BOXES}
 ORDER BY billed_kwh DESC
 LIMIT 500`,
      ),
    ],
    fields: {
      transaction_id: { displayName: 'Transaction' },
      box: BOX,
      outlet: OUTLET,
      day: { displayName: 'Day' },
      start_time: { displayName: 'From' },
      end_time: { displayName: 'To' },
      billed_kwh: { displayName: 'Billed', unit: 'kwatth', decimals: 3 },
      revenue: REVENUE,
    },
  });
}

function problems(): UnplacedPanel {
  return table({
    title: 'Transactions left out',
    description:
      'Transactions of all boxes that would count but for bad data, by what is wrong with them. They are in no table; evida analyze --problems lists them.',
    unit: 'none',
    noValue: 'Nothing is wrong with any transaction',
    width: 24,
    height: 6,
    targets: [
      sql(
        'problems',
        `SELECT problem, count(*)::integer AS transactions, sum(kwh)::double precision AS billed_kwh,
       sum(revenue)::double precision AS revenue
  FROM analysis_problem
 WHERE ${inDays()}
 GROUP BY problem
 ORDER BY count(*) DESC`,
      ),
    ],
    fields: {
      problem: { displayName: 'What is wrong' },
      transactions: { displayName: 'Transactions' },
      billed_kwh: { displayName: 'Energy', unit: 'kwatth', decimals: 2 },
      revenue: { displayName: 'Fees', unit: 'currencyVND', decimals: 0 },
    },
  });
}
