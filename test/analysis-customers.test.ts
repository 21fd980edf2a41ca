import { expect } from 'chai';
import { analyse, answer, clock, createEboost, insertTransactions, rowsOf } from './fixture/analysis.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');

/** A customer's charging events: one of `kwh` at 08:00 on each of these days, for 1000 VND. */
interface Habit {
  readonly customer: number;
  readonly box: number;
  readonly kwh: number;
  readonly days: readonly string[];
}

const daysOf = (month: string, ...days: number[]) =>
  days.map((day) => `${month}-${String(day).padStart(2, '0')}`);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/**
 * July to October 2026. ISO weeks begin on the Mondays 6/29, 7/6, 7/13, 7/20, 7/27, 8/3, 8/10, 8/17, 8/24, 8/31, 9/7, 9/14,
 * 9/21, 9/28, 10/5, 10/12.
 */
const HABITS: readonly Habit[] = [
  // Every day of August and September: frequent, loyal from August on, in October as well.
  { customer: 1, box: 12, kwh: 2, days: daysOf('2026-08', ...range(1, 31)) },
  { customer: 1, box: 13, kwh: 2, days: daysOf('2026-09', ...range(1, 30)) },
  { customer: 1, box: 12, kwh: 2, days: daysOf('2026-10', ...range(1, 14)) },
  // Ten events in August, one in each of the four weeks that ended last before its end: 8/3, 8/10, 8/17, 8/24.
  { customer: 2, box: 12, kwh: 1.4, days: daysOf('2026-08', 3, 4, 5, 6, 7, 10, 11, 17, 18, 30) },
  // Half of that in September: halved, and not loyal any more.
  { customer: 2, box: 13, kwh: 1.4, days: daysOf('2026-09', 1, 2, 3, 4, 5) },
  // Ten events in August, but none in the week of 8/17.
  { customer: 3, box: 13, kwh: 1.5, days: daysOf('2026-08', 3, 4, 5, 6, 7, 10, 11, 24, 25, 30) },
  // Comes in July, stays away in August, returns in September with nine.
  { customer: 4, box: 12, kwh: 0.5, days: daysOf('2026-07', 1) },
  { customer: 4, box: 13, kwh: 0.5, days: daysOf('2026-09', ...range(1, 4)) },
  { customer: 4, box: 12, kwh: 0.5, days: daysOf('2026-09', ...range(5, 9)) },
];

describe('the customers of the analysis', function () {
  this.timeout(30_000);
  const world = useWorld();
  const table = (query: string) => answer(world(), query);

  before(async () => {
    await createEboost(world(), [12, 13]);
    let id = 0;
    const lines = HABITS.flatMap(({ customer, box, kwh, days }) =>
      days.map((day) => `${++id} ${customer} ${box} ${day}T08:00 ${day}T09:00 ${kwh} 1000`),
    );
    await insertTransactions(world(), at, `id user box start end kwh fee\n${lines.join('\n')}`);
    await analyse(world(), at('2026-10-14T12:00'));
  });

  it('CUSTOMER_MONTH: segments by events and energy, and the state against the months before', async () => {
    expect(
      await table(
        `SELECT customer, to_char(month, 'MM') AS month, charging_events AS events, billed_kwh AS kwh, revenue, favourite_box AS box,
                frequency, energy, state
           FROM customer_month ORDER BY customer, customer_month.month`,
      ),
    ).to.deep.equal(
      rowsOf(`
        customer month events kwh  revenue box frequency  energy state
        1        08    31     62   31000   12  Frequent   High   new
        1        09    30     60   30000   13  Frequent   High   steady
        1        10    14     28   14000   12  Occasional High   halved
        2        08    10     14   10000   12  Occasional Low    new
        2        09    5      7    5000    13  Rare       Low    halved
        2        10    0      0    0       -   Rare       Low    inactive
        3        08    10     15   10000   13  Occasional High   new
        3        09    0      0    0       -   Rare       Low    inactive
        3        10    0      0    0       -   Rare       Low    inactive
        4        07    1      0.5  1000    12  Rare       Low    new
        4        08    0      0    0       -   Rare       Low    inactive
        4        09    9      4.5  9000    12  Rare       Low    returning
        4        10    0      0    0       -   Rare       Low    inactive`),
    );
  });

  it('LOYAL_CUSTOMERS: enough events in the month, and some in each of the weeks that ended last', async () => {
    // In August, the week that ended last begins on the 24th; now, in October, on the 5th.
    const loyal = () =>
      table(
        `SELECT to_char(month, 'MM') AS month, rank, customer, charging_events AS events, revenue, weeks_in_a_row AS weeks, loyal_since AS since
           FROM loyal_customers ORDER BY loyal_customers.month, rank`,
      );
    const before = rowsOf(`
      month rank customer events revenue weeks since
      08    1    1        31     31000   5     2026-08-01
      08    2    2        10     10000   4     2026-08-01
      09    1    1        30     30000   9     2026-08-01
      10    1    1        14     14000   11    2026-08-01`);
    expect(await loyal()).to.deep.equal(before);

    // One more event closes the gap of customer 3, who has the same revenue as the second then.
    await insertTransactions(
      world(),
      at,
      `
      id  user box start            end              kwh fee updated
      999 3    13  2026-08-19T08:00 2026-08-19T09:00 1   0   2026-10-14T12:10`,
    );
    await analyse(world(), at('2026-10-14T13:00'));
    expect(await loyal()).to.deep.equal([
      ...before.slice(0, 2),
      ...rowsOf(`
        month rank customer events revenue weeks since
        08    3    3        11     10000   4     2026-08-01`),
      ...before.slice(2),
    ]);
  });

  it('lets a customer be inactive for as many months as INACTIVE_MONTHS says', async () => {
    await analyse(world(), at('2026-10-14T13:00'), {}, { INACTIVE_MONTHS: 1 });
    expect(
      await table(
        `SELECT customer, to_char(month, 'MM') AS month FROM customer_month WHERE state = 'inactive' ORDER BY 1, 2`,
      ),
    ).to.deep.equal(
      rowsOf(`
        customer month
        2        10
        3        09
        4        08
        4        10`),
    );
  });
});
