import { inPeriods } from '../business-days.ts';
import { createDashboard, type Dashboard } from '../dashboard.ts';
import { barChart, type Look, stat, table, type UnplacedPanel } from '../panels.ts';
import type { Settings } from '../settings.ts';
import { type SqlTarget, sql } from '../targets.ts';
import { chosen, timeZone } from '../variables.ts';
import { BOX, EVENTS, REVENUE } from '../words.ts';

/** *Customers*: who is loyal, how customers divide into segments, and who comes and goes. Of the whole fleet: a customer belongs to no box. */
export function customers(settings: Settings): Dashboard {
  return createDashboard({
    uid: 'evida-customers',
    title: 'Customers',
    description:
      'Who is loyal, how customers divide into segments, and who comes and goes: of the whole fleet, by calendar month (in TIME_ZONE). Of a person, no more than the number and the name is shown.',
    from: 'now-1y',
    refresh: '15m',
    variables: [MONTH, timeZone(settings)],
    rows: [
      { title: 'In the month', panels: [counts()] },
      { title: 'Loyalty', panels: [loyal()] },
      { title: 'Segments', panels: [segmentsByMonth(), segments()] },
      { title: 'States', panels: [statesByMonth(), revenueByState()] },
      { title: 'Who comes and goes', panels: [newCustomers(), inactive()] },
      { title: 'Most revenue', panels: [top()] },
    ],
  });
}

const MONTH = chosen({
  name: 'month',
  label: 'Month',
  description: 'The calendar month that the lists are of',
  query: 'SELECT month::text AS __value, period AS __text FROM known_month ORDER BY month DESC',
});
const IN_MONTH = "month = nullif(${month:sqlstring}, '')::date";

const NO_CUSTOMERS = 'No customers in this month';

const CUSTOMER: Look = { displayName: 'Customer', unit: 'none' };
const NAME: Look = { displayName: 'Name' };
const KWH: Look = { displayName: 'Energy', unit: 'kwatth', decimals: 2 };

/** The states of CUSTOMER_MONTH, with their colours. */
const STATES = {
  new: 'green',
  returning: 'blue',
  steady: 'semi-dark-blue',
  halved: 'orange',
  inactive: 'red',
} as const;
const STATE_COLORS: Readonly<Record<string, Look>> = Object.fromEntries(
  Object.entries(STATES).map(([state, color]) => [state, { color }]),
);
const { inactive: _, ...ACTIVE_STATE_COLORS } = STATE_COLORS;

const SEGMENTS = ['Frequent', 'Occasional', 'Rare'].flatMap((frequency) =>
  ['High', 'Low'].map((energy) => ({ frequency, energy })),
);

function counts(): UnplacedPanel {
  return stat({
    title: 'Customers of the month',
    description:
      'Customers with charging events in the month, by what they did the month before: new (never before), returning (none), halved (at least twice as many), steady (otherwise); and inactive: none in this month, but some in the months before (INACTIVE_MONTHS).',
    unit: 'none',
    noValue: NO_CUSTOMERS,
    decimals: 0,
    width: 24,
    height: 4,
    targets: [
      sql(
        'counts',
        `SELECT coalesce(sum(customers) FILTER (WHERE state <> 'inactive'), 0)::integer AS active,
       ${statesAsColumns('customers', 'integer', Object.keys(STATES))},
       (SELECT count(*)::integer FROM loyal_customers WHERE ${IN_MONTH}) AS loyal,
       sum(revenue) / nullif(sum(customers) FILTER (WHERE state <> 'inactive'), 0) AS revenue_a_customer
  FROM customer_group
 WHERE ${IN_MONTH}`,
      ),
    ],
    fields: {
      ...STATE_COLORS,
      active: { displayName: 'with charging events' },
      revenue_a_customer: { ...REVENUE, displayName: 'revenue for each of them' },
    },
  });
}

function loyal(): UnplacedPanel {
  return table({
    title: 'Loyal customers',
    description:
      'Customers with at least LOYAL_MIN_EVENTS charging events in the month and one in each of the LOYAL_MIN_WEEKS ISO weeks that ended last before its end, or before now; ranked by revenue.',
    unit: 'none',
    noValue: 'No loyal customers in this month',
    width: 24,
    height: 10,
    targets: [
      sql(
        'loyal',
        `SELECT rank, customer::text AS customer, name, charging_events, billed_kwh, revenue, weeks_in_a_row,
       to_char(loyal_since, 'YYYY-MM') AS loyal_since
  FROM named_loyal_customer
 WHERE ${IN_MONTH}
 ORDER BY rank`,
      ),
    ],
    fields: {
      rank: { displayName: 'Rank' },
      customer: CUSTOMER,
      name: NAME,
      charging_events: EVENTS,
      billed_kwh: KWH,
      revenue: REVENUE,
      weeks_in_a_row: { displayName: 'Weeks in a row' },
      loyal_since: { displayName: 'Loyal since' },
    },
  });
}

function segmentsByMonth(): UnplacedPanel {
  const columns = SEGMENTS.map(
    ({ frequency, energy }) =>
      `coalesce(sum(customers) FILTER (WHERE frequency = '${frequency}' AND energy = '${energy}'), 0)::integer AS "${frequency}, ${energy.toLowerCase()} energy"`,
  );
  return barChart({
    title: 'Customers by segment and month',
    description:
      'Customers with charging events in each month: Frequent (at least FREQUENT_MIN_EVENTS), Occasional (at least OCCASIONAL_MIN_EVENTS) or Rare; of high energy (at least HIGH_ENERGY_KWH an event) or low.',
    unit: 'none',
    noValue: 'No customers in this time range',
    min: 0,
    width: 12,
    height: 9,
    xField: 'period',
    stacked: true,
    targets: [
      sql(
        'segments',
        `SELECT to_char(month, 'YYYY-MM') AS period,
       ${columns.join(',\n       ')}
  FROM customer_group
 WHERE ${inPeriods('month', 'month')} AND state <> 'inactive'
 GROUP BY month
 ORDER BY month`,
      ),
    ],
  });
}

function segments(): UnplacedPanel {
  return table({
    title: 'Segments of the month',
    description: 'What the customers of each segment did in the chosen month.',
    unit: 'none',
    noValue: NO_CUSTOMERS,
    width: 12,
    height: 9,
    targets: [
      sql(
        'segments',
        `SELECT frequency, energy, sum(customers)::integer AS customers, sum(charging_events)::integer AS charging_events,
       sum(billed_kwh) AS billed_kwh, sum(revenue) AS revenue
  FROM customer_group
 WHERE ${IN_MONTH} AND state <> 'inactive'
 GROUP BY frequency, energy
 ORDER BY sum(revenue) DESC`,
      ),
    ],
    fields: {
      frequency: { displayName: 'Frequency' },
      energy: { displayName: 'Energy of an event' },
      customers: { displayName: 'Customers' },
      charging_events: EVENTS,
      billed_kwh: KWH,
      revenue: REVENUE,
    },
  });
}

function statesByMonth(): UnplacedPanel {
  return barChart({
    title: 'Customers by state and month',
    description:
      'New: never before. Returning: none the month before. Halved: at most HALVED_SHARE of the month before. Steady: otherwise. Inactive: none in the month, some in the months before (INACTIVE_MONTHS).',
    unit: 'none',
    noValue: 'No customers in this time range',
    min: 0,
    width: 12,
    height: 9,
    xField: 'period',
    stacked: true,
    targets: [byState('customers', 'integer', Object.keys(STATES))],
    fields: STATE_COLORS,
  });
}

function revenueByState(): UnplacedPanel {
  return barChart({
    title: 'Revenue by state and month',
    description: 'Total fees of the charging events of each month, by the state of the customer in it.',
    unit: 'currencyVND',
    decimals: 0,
    noValue: 'No customers in this time range',
    min: 0,
    width: 12,
    height: 9,
    xField: 'period',
    stacked: true,
    targets: [byState('revenue', 'double precision', Object.keys(ACTIVE_STATE_COLORS))],
    fields: ACTIVE_STATE_COLORS,
  });
}

/** A row a month, a column a state. */
function byState(column: string, type: string, states: readonly string[]): SqlTarget {
  return sql(
    'states',
    `SELECT to_char(month, 'YYYY-MM') AS period,
       ${statesAsColumns(column, type, states)}
  FROM customer_group
 WHERE ${inPeriods('month', 'month')}
 GROUP BY month
 ORDER BY month`,
  );
}

function statesAsColumns(column: string, type: string, states: readonly string[]): string {
  return states
    .map((state) => `coalesce(sum(${column}) FILTER (WHERE state = '${state}'), 0)::${type} AS "${state}"`)
    .join(',\n       ');
}

function newCustomers(): UnplacedPanel {
  return table({
    title: 'New customers',
    description: 'Customers whose first charging event ever is in the chosen month.',
    unit: 'none',
    noValue: 'No new customers in this month',
    width: 12,
    height: 10,
    targets: [
      sql(
        'new',
        `SELECT customer::text AS customer, name, first_event, charging_events, revenue
  FROM named_customer_month
 WHERE ${IN_MONTH} AND state = 'new'
 ORDER BY first_event DESC
 LIMIT 500`,
      ),
    ],
    fields: {
      customer: CUSTOMER,
      name: NAME,
      first_event: { displayName: 'First charging event' },
      charging_events: EVENTS,
      revenue: REVENUE,
    },
  });
}

function inactive(): UnplacedPanel {
  return table({
    title: 'Inactive customers',
    description:
      'Customers without a charging event in the chosen month, who had some in the months before (INACTIVE_MONTHS): when they charged last, and what they did in that month. Those who were worth most are on top.',
    unit: 'none',
    noValue: 'No inactive customers in this month',
    width: 12,
    height: 10,
    targets: [
      sql(
        'inactive',
        `SELECT customer::text AS customer, name, last_day::text AS last_day, months_away, last_month_events, last_month_revenue
  FROM inactive_customer
 WHERE ${IN_MONTH}
 ORDER BY last_month_revenue DESC NULLS LAST
 LIMIT 500`,
      ),
    ],
    fields: {
      customer: CUSTOMER,
      name: NAME,
      last_day: { displayName: 'Charged last' },
      months_away: { displayName: 'Months ago' },
      last_month_events: { ...EVENTS, displayName: 'Events in that month' },
      last_month_revenue: { ...REVENUE, displayName: 'Revenue in that month' },
    },
  });
}

function top(): UnplacedPanel {
  return table({
    title: 'Top customers',
    description: 'The fifty customers of most revenue in the chosen month.',
    unit: 'none',
    noValue: NO_CUSTOMERS,
    width: 24,
    height: 12,
    targets: [
      sql(
        'top',
        `SELECT customer::text AS customer, name, state, frequency, energy, charging_events, billed_kwh, revenue,
       favourite_box AS box
  FROM named_customer_month
 WHERE ${IN_MONTH} AND charging_events > 0
 ORDER BY revenue DESC, customer
 LIMIT 50`,
      ),
    ],
    fields: {
      customer: CUSTOMER,
      name: NAME,
      state: { displayName: 'State' },
      frequency: { displayName: 'Frequency' },
      energy: { displayName: 'Energy of an event' },
      charging_events: EVENTS,
      billed_kwh: KWH,
      revenue: REVENUE,
      box: { ...BOX, displayName: 'Favourite box' },
    },
  });
}
