import { expect } from 'chai';
import { toLine } from '../src/influx/line-protocol.ts';
import {
  analyse,
  answer,
  clock,
  createEboost,
  insertTransactions,
  photographLines,
  rowsOf,
} from './fixture/analysis.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');
const NOW = at('2026-10-12T09:30');

/**
 * Two boxes in the first days of October 2026, by hand. The month starts on a Thursday; the week of Monday the 5th is
 * ISO week 41. Box 9 is a test box, 99 is known to nobody.
 */
const TRANSACTIONS = `
  id user box outlet start            end              kwh    fee   consumed activation discount closed
   1 1    12  0      2026-10-01T23:50 2026-10-02T01:00 1.0    5000  4000     1000       0        yes
   2 2    12  1      2026-10-02T10:00 2026-10-02T11:00 0.5    2900  2000     1000       100      yes
   3 2    12  1      2026-10-02T12:00 2026-10-02T12:10 0.002  50    50       0          0        yes
   4 2    12  1      2026-10-02T13:00 2026-10-02T13:10 0.002  0     0        0          0        yes
   5 3    12  2      2026-10-02T14:00 -                1.0    4000  4000     0          0        no
   6 3    9   2      2026-10-02T14:00 2026-10-02T15:00 1.0    4000  4000     0          0        yes
   7 1    13  0      2026-10-05T07:00 2026-10-05T08:00 2.0    8000  8000     0          0        yes
   8 1    12  0      2026-10-06T07:00 2026-10-06T08:00 1.0    4000  4000     0          0        yes
   9 -    12  0      2026-10-07T07:00 2026-10-07T08:00 1.0    4000  4000     0          0        yes
  10 1    99  0      2026-10-07T08:00 2026-10-07T09:00 1.0    4000  4000     0          0        yes
  11 1    12  0      2026-10-07T11:00 2026-10-07T10:00 1.0    4000  4000     0          0        yes
  12 1    12  0      2026-10-07T12:00 2026-10-07T13:00 1.0    -5    4000     0          0        yes
  13 2    12  0      2026-10-06T07:10 2026-10-06T07:50 0.9    3600  3600     0          0        yes`;

const PHOTOGRAPHS = `
  box outlet at                  status kwh    W    pf backlog
  12  0      2026-10-01T12:00    0      100    0    0  -
  12  0      2026-10-01T23:50:05 2      100    2000 90 -
  12  0      2026-10-02T00:20:05 2      100.5  1500 98 -
  12  0      2026-10-02T01:00:05 3      101.02 0    0  -
  12  0      2026-10-02T01:00:40 0      101.02 0    0  -
  12  1      2026-10-02T08:00    0      7      0    0  -
  12  1      2026-10-02T10:00    2      7      500  95 -
  12  1      2026-10-02T10:30    2      0.25   500  95 -
  12  1      2026-10-02T10:40    4      0.3    0    0  -
  12  1      2026-10-02T10:41    2      0.3    400  -  yes
  12  1      2026-10-02T11:00    0      0.4    0    0  -
  13  0      2026-10-05T08:00    0      1      0    0  -
  13  0      2026-10-05T20:00    0      1.6    0    0  -
  12  0      2026-10-06T07:00    2      101.02 1000 99 -
  12  0      2026-10-06T08:00    0      102.02 0    0  -
  12  3      2026-10-11T06:00    2      5      300  90 -
  12  3      2026-10-11T06:30    2      5.2    300  90 -
  12  4      2026-10-12T09:00    2      8      100  90 -
  12  5      2026-10-01T00:00    6      0      0    0  -
  12  5      2026-10-05T00:00    0      0      0    0  -`;

/** Box 12 is told online from the start of the month, is offline for six hours and silent for six; box 13 is not told of. */
const CONNECTIONS = (
  [
    [12, '2026-10-01T00:00', true, false],
    [12, '2026-10-03T00:00', false, false],
    [12, '2026-10-03T06:00', true, false],
    [12, '2026-10-04T00:00', true, true],
    [12, '2026-10-04T06:00', true, false],
  ] as const
).map(([box, time, online, silent]) =>
  toLine({
    measurement: 'connection',
    tags: { box },
    fields: { online, silent },
    timeMs: Date.parse(at(time)),
  }),
);
/** In the 24 hours before the 10th nothing was observed. */
const GAP = toLine({
  measurement: 'gap',
  tags: {},
  fields: { from: Date.parse(at('2026-10-09T00:00')), to: Date.parse(at('2026-10-10T00:00')) },
  timeMs: Date.parse(at('2026-10-10T00:00')),
});

describe('analysis, from Eboost and InfluxDB to the tables', function () {
  this.timeout(30_000);
  const world = useWorld();
  const table = (query: string) => answer(world(), query);

  before(async () => {
    await createEboost(world(), [9, 12, 13]);
    await insertTransactions(world(), at, TRANSACTIONS);
    await world().writeBatch(world().buckets.history, [
      ...photographLines(at, PHOTOGRAPHS),
      ...CONNECTIONS,
      GAP,
    ]);
    await analyse(world(), NOW);
  });

  it('CHARGING_SESSION: from status 2 until it is left, but for a short break; energy by register increases', async () => {
    expect(
      await table(`
        SELECT box, outlet, start_time AS start, end_time AS end, day, metered_kwh AS kwh, peak_power_w AS peak,
               mean_power_factor AS pf, recovered, abandoned, transaction_id AS transaction
          FROM charging_session ORDER BY start_time`),
    ).to.deep.equal(
      // pf: (30 min of 90 + 40 min of 98) / 70 min
      rowsOf(`
        box outlet start               end                 day        kwh  peak pf        recovered abandoned transaction
        12  0      2026-10-01T23:50:05 2026-10-02T01:00:05 2026-10-01 1.02 2000 94.571429 false     false     1
        12  1      2026-10-02T10:00    2026-10-02T11:00    2026-10-02 0.4  500  95        true      false     2
        12  0      2026-10-06T07:00    2026-10-06T08:00    2026-10-06 1    1000 99        false     false     8
        12  3      2026-10-11T06:00    2026-10-11T06:30    2026-10-11 0.2  300  90        false     true      -
        12  4      2026-10-12T09:00    -                   2026-10-12 0    100  90        false     false     -`),
    );
  });

  it('CHARGING_EVENT_DAY: what is billed by the day on which it starts, what is drawn by the hours in which it was', async () => {
    expect(
      await table(`
        SELECT box, day, charging_events AS events, customers, billed_kwh AS billed, metered_kwh AS metered,
               metered_minus_billed_kwh AS diff, drawn_kwh AS drawn, revenue, activation_fee AS activation, discount,
               charging_minutes AS minutes, peak_power_w AS peak, most_charging AS most
          FROM charging_event_day ORDER BY box, day`),
    ).to.deep.equal(
      // Of the first half hour of session 1, 9:55 min lie in the first day: 0.5 kWh * 595 / 1800.
      rowsOf(`
        box day        events customers billed metered diff   drawn    revenue activation discount minutes   peak most
        12  2026-10-01 1      1         1      1.02    0.02   0.165278 5000    1000       0        9.916667  2000 1
        12  2026-10-02 2      1         0.502  0.4     -0.102 1.254722 2950    1000       100      120.083333 2000 1
        12  2026-10-06 1      1         1      1       0      1        4000    0          0        60        1000 1
        12  2026-10-11 0      0         0      0.2     0.2    0.2      0       0          0        30        300  1
        12  2026-10-12 0      0         0      0       0      -        0       0          0        30        300  1
        13  2026-10-05 1      1         2      0       -2     0.6      8000    0          0        0         -    0`),
    );
  });

  it('CHARGING_EVENT_WEEK: the same by ISO week, with the change against the week before', async () => {
    expect(
      await table(`
        SELECT box, week, charging_events AS events, customers, billed_kwh AS billed, metered_kwh AS metered, revenue,
               charging_minutes AS minutes, most_charging AS most, charging_events_change AS "+events",
               billed_kwh_change AS "+billed", metered_kwh_change AS "+metered", revenue_change AS "+revenue"
          FROM charging_event_week ORDER BY box, week`),
    ).to.deep.equal(
      rowsOf(`
        box week       events customers billed metered revenue minutes most +events +billed +metered +revenue
        12  2026-09-28 3      2         1.502  1.42    7950    130     1    3       1.502   1.42     7950
        12  2026-10-05 1      1         1      1.2     4000    90      1    -2      -0.502  -0.22    -3950
        12  2026-10-12 0      0         0      0       0       30      1    -1      -1      -1.2     -4000
        13  2026-10-05 1      1         2      0       8000    0       0    1       2       0        8000`),
    );
  });

  it('CHARGING_BOX_ANALYSIS: by month, with the share of online time, and use of what is installed and online', async () => {
    expect(
      await table(`
        SELECT box, month, active_customers AS customers, charging_events AS events, billed_kwh AS kwh,
               activation_fee AS activation, consumed_fee AS consumed, discount, revenue, active_outlets AS outlets,
               online_share AS online, charging_hours AS charging, online_outlet_hours AS hours, utilization,
               utilization_by_events AS old
          FROM charging_box_analysis ORDER BY box`),
    ).to.deep.equal(
      // Box 12: observed 273.5 h less 24 h not observed, offline or silent for 12 h: 237.5 / 249.5.
      // Outlets, less what was not observed: 0 and 1 from the 1st 12:00 and the 2nd 8:00, 3 from the 11th 6:00, 4 from the
      // 12th 9:00, 5 from the 5th: 225.5 + 205.5 + 27.5 + 0.5 + 153.5. Box 13 from the 5th 8:00: 145.5.
      rowsOf(`
        box month      customers events kwh   activation consumed discount revenue outlets online   charging hours utilization old
        12  2026-10-01 2         4      2.502 2000       10050    100      11950   2       0.951904 4.166667 612.5 0.006803    5
        13  2026-10-01 1         1      2     0          8000     0        8000    1       1        0        145.5 0           2.5`),
    );
  });

  it('CHARGING_PATTERN: by weekday and hour, over all such hours that are past', async () => {
    expect(
      await table(`
        SELECT weekday, hour, charging_events AS events, drawn_kwh AS drawn, mean_outlets_charging AS mean
          FROM charging_pattern WHERE box = 12 AND weekday IN (2, 4, 5) ORDER BY weekday, hour`),
    ).to.deep.equal(
      // Thursdays: 1st and 8th; Fridays: 2nd and 9th; Tuesday: 6th.
      rowsOf(`
        weekday hour events drawn    mean
        2       7    1      1        1
        4       23   1      0.165278 0.082639
        5       0    0      0.853639 0.5
        5       1    0      0.001083 0.000694
        5       10   1      0.4      0.5
        5       12   1      0        0`),
    );
  });

  it('CUSTOMER_MONTH and LOYAL_CUSTOMERS: a first month is new, and two weeks make nobody loyal', async () => {
    expect(
      await table(`
        SELECT customer, month, charging_events AS events, billed_kwh AS kwh, revenue, first_event AS first, last_event AS last,
               favourite_box AS favourite, frequency, energy, state
          FROM customer_month ORDER BY customer`),
    ).to.deep.equal(
      rowsOf(`
        customer month      events kwh   revenue first            last             favourite frequency energy state
        1        2026-10-01 3      4     17000   2026-10-01T23:50 2026-10-06T07:00 12        Rare      Low    new
        2        2026-10-01 2      0.502 2950    2026-10-02T10:00 2026-10-02T12:00 12        Rare      Low    new`),
    );
    expect(await table('SELECT * FROM loyal_customers')).to.deep.equal([]);
  });

  it('keeps what is wrong in the mirror, leaves it out of the tables, and lists it with the reason', async () => {
    expect(
      await table('SELECT transaction_id AS id, problem FROM analysis_problem ORDER BY transaction_id'),
    ).to.deep.equal(
      rowsOf(`
        id problem
        9  'no customer'
        10 'unknown box'
        11 'ends before it starts'
        12 'negative fee'
        13 'second transaction over one session'`),
    );
    expect(await table('SELECT count(*) AS rows FROM eboost_transaction')).to.deep.equal([{ rows: '13' }]);
  });

  it('reconciles each charging event with what was metered, within a tolerance', async () => {
    expect(
      await table(
        `SELECT transaction_id AS id, sessions, billed_kwh AS billed, metered_kwh AS metered, verdict FROM reconciliation ORDER BY 1`,
      ),
    ).to.deep.equal(
      rowsOf(`
        id sessions billed metered verdict
        1  1        1      1.02    agrees
        2  1        0.5    0.4     'billed too much'
        3  0        0.002  -       'not metered'
        7  0        2      -       'not metered'
        8  1        1      1       agrees`),
    );
    expect(await table('SELECT transaction_id AS id FROM unmetered_transactions ORDER BY 1')).to.deep.equal(
      rowsOf('id\n3\n7'),
    );
    expect(
      await table('SELECT kind, box, outlet, day, unbilled_kwh AS kwh FROM unbilled_energy ORDER BY day'),
    ).to.deep.equal(
      rowsOf(`
        kind              box outlet day        kwh
        'outside session' 13  0      2026-10-05 0.6
        session           12  3      2026-10-11 0.2`),
    );
  });
});
