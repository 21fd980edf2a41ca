import { expect } from 'chai';
import { customers } from '../grafana/src/dashboards/customers.ts';
import { DEFAULTS } from '../grafana/src/settings.ts';
import { analyse, answer, clock, createEboost, insertTransactions, rowsOf } from './fixture/analysis.ts';
import { questionsOf } from './fixture/panels.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');

/** Customers and the days, August to October 2026, on which each has one charging event of 2 kWh for 1000 VND in box 12. */
const DAYS: Readonly<Record<string, readonly string[]>> = {
  // Loyal in September: two events in the month, and one in each of the two weeks that ended last, from 9/14 and 9/21 on.
  '1': ['08-20', '09-15', '09-24', '09-25'],
  // Away since August.
  '2': ['08-20', '08-21'],
  '3': ['09-05'],
  // Comes back after a month.
  '4': ['08-03', '10-02'],
};

describe('the panels of Customers', function () {
  this.timeout(30_000);
  const world = useWorld();
  const dashboard = customers(DEFAULTS);
  const ask = (title: string, refId: string, month = '2026-09-01') =>
    answer(
      world(),
      questionsOf(dashboard, title, {
        from: at('2026-08-15T00:00'),
        to: at('2026-10-14T12:00'),
        variables: { month, time_zone: 'Asia/Ho_Chi_Minh' },
      })[refId] ?? '',
    );

  before(async () => {
    await createEboost(world(), [12]);
    const lines = Object.entries(DAYS).flatMap(([customer, days]) =>
      days.map(
        (day) =>
          `${day.replace('-', '')}${customer} ${customer} 12 2026-${day}T08:00 2026-${day}T09:00 2 1000`,
      ),
    );
    await insertTransactions(world(), at, `id user box start end kwh fee\n${lines.join('\n')}`);
    await analyse(world(), at('2026-10-14T12:00'), {}, { LOYAL_MIN_EVENTS: 2, LOYAL_MIN_WEEKS: 2 });
  });

  it('may be of each month that there are customers of, the latest first', async () => {
    const month = dashboard.templating?.list?.find(({ name }) => name === 'month');
    expect(await answer(world(), String(month?.query))).to.deep.equal(
      rowsOf(`
        __value    __text
        2026-10-01 2026-10
        2026-09-01 2026-09
        2026-08-01 2026-08`),
    );
  });

  it('count the customers of a month by their states, and those who are loyal', async () => {
    expect(await ask('Customers of the month', 'counts')).to.deep.equal(
      rowsOf(`
        active new returning steady halved inactive loyal revenue_a_customer
        2      1   0         1      0      2        1     2000`),
    );
  });

  it('show the months that the time range touches, each as a whole, with all states', async () => {
    expect(await ask('Customers by state and month', 'states')).to.deep.equal(
      rowsOf(`
        period  new returning steady halved inactive
        2026-08 3   0         0      0      0
        2026-09 1   0         1      0      2
        2026-10 0   1         0      0      3`),
    );
    expect(await ask('Revenue by state and month', 'states')).to.deep.equal(
      rowsOf(`
        period  new  returning steady halved
        2026-08 4000 0         0      0
        2026-09 1000 0         3000   0
        2026-10 0    1000      0      0`),
    );
  });

  it('divide into segments those only who charged', async () => {
    expect(await ask('Segments of the month', 'segments')).to.deep.equal(
      rowsOf(`
        frequency energy customers charging_events billed_kwh revenue
        Rare      High   2         4               8          4000`),
    );
    const months = await ask('Customers by segment and month', 'segments');
    expect(months.map((row) => row['Rare, high energy'])).to.deep.equal(['3', '2', '1']);
  });

  it('rank who is loyal, and name who leads, by number and name', async () => {
    expect(await ask('Loyal customers', 'loyal')).to.deep.equal(
      rowsOf(`
        rank customer name         charging_events billed_kwh revenue weeks_in_a_row loyal_since
        1    1        'customer 1' 3               6          3000    2              2026-09`),
    );
    expect(await ask('Top customers', 'top')).to.deep.equal(
      rowsOf(`
        customer name         state  frequency energy charging_events billed_kwh revenue box
        1        'customer 1' steady Rare      High   3               6          3000    12
        3        'customer 3' new    Rare      High   1               2          1000    12`),
    );
  });

  it('list who is new, and who stays away since when', async () => {
    expect(await ask('New customers', 'new')).to.deep.equal(
      rowsOf(`
        customer name         first_event      charging_events revenue
        3        'customer 3' 2026-09-05T08:00 1               1000`),
    );
    expect(await ask('Inactive customers', 'inactive', '2026-10-01')).to.deep.equal(
      rowsOf(`
        customer name         last_day   months_away last_month_events last_month_revenue
        1        'customer 1' 2026-09-25 1           3                 3000
        2        'customer 2' 2026-08-21 2           2                 2000
        3        'customer 3' 2026-09-05 1           1                 1000`),
    );
  });

  it('ask for nothing where no month is known yet', async () => {
    expect(await ask('Loyal customers', 'loyal', '')).to.deep.equal([]);
  });
});
