import { expect } from 'chai';
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

const BERLIN = { TIME_ZONE: 'Europe/Berlin' };

/** In Berlin, clocks go back from 03:00 to 02:00 on 2020-10-25; 2020 has an ISO week 53, which ends on 2021-01-03. */
describe('the calendar of the analysis, in a zone whose clocks change', function () {
  this.timeout(30_000);
  const world = useWorld();
  const summer = clock('+02:00');
  const winter = clock('+01:00');
  const table = (query: string) => answer(world(), query, 'Europe/Berlin');

  before(async () => {
    await createEboost(world(), [20]);
    await insertTransactions(
      world(),
      summer,
      `
      id user box outlet start            end              kwh fee
      1  1    20  0      2020-10-25T01:30 2020-10-25T02:30 1   100
      2  1    20  0      2020-10-24T23:59 2020-10-25T00:10 1   100`,
    );
    await insertTransactions(
      world(),
      winter,
      `
      id user box outlet start               end              kwh fee
      3  1    20  0      2020-10-25T23:59:59 2020-10-26T01:00 1   100
      4  1    20  0      2020-12-27T23:00    2020-12-28T01:00 2   200
      5  1    20  0      2020-12-31T23:00    2021-01-01T02:00 3   300
      6  1    20  0      2021-01-03T23:00    2021-01-04T01:00 4   400
      7  1    20  0      2021-01-31T23:00    2021-02-01T01:00 5   500`,
    );
    await world().writeBatch(world().buckets.history, [
      // Charges over the hour that comes twice: 01:30 summer time to 03:30 winter time are 3 hours.
      ...photographLines(
        summer,
        `
        box outlet at               status kwh
        20  0      2020-10-25T01:30 2      0
        20  0      2020-10-25T02:30 2      1`,
      ),
      ...photographLines(
        winter,
        `
        box outlet at               status kwh
        20  0      2020-10-25T02:30 2      2
        20  0      2020-10-25T03:30 0      3
        20  0      2020-12-31T23:00 2      3
        20  0      2021-01-01T02:00 0      6
        20  0      2021-01-03T23:30 2      6
        20  0      2021-01-04T00:30 0      7
        20  0      2021-01-31T23:00 2      7
        20  0      2021-02-01T01:00 0      9`,
      ),
    ]);
    await analyse(world(), winter('2021-02-02T12:00'), {}, BERLIN);
  });

  it('has days from midnight to midnight, also of 25 hours', async () => {
    expect(
      await table(
        `SELECT day, charging_events AS events, metered_kwh AS metered, drawn_kwh AS drawn, charging_minutes AS minutes
           FROM charging_event_day WHERE day < '2020-11-01' ORDER BY day`,
      ),
    ).to.deep.equal(
      rowsOf(`
        day        events metered drawn minutes
        2020-10-24 1      0       -     0
        2020-10-25 2      3       3     180`),
    );
  });

  it('adds up the hour that comes twice, and knows how often each hour was', async () => {
    expect(
      await table(
        `SELECT hour, drawn_kwh AS drawn, mean_outlets_charging AS mean FROM charging_pattern
          WHERE month = '2020-10-01' AND weekday = 7 AND drawn_kwh > 0 ORDER BY hour`,
      ),
    ).to.deep.equal(
      // Four Sundays, one of them with two hours 2.
      rowsOf(`
        hour drawn mean
        1    0.5   0.125
        2    2     0.4
        3    0.5   0.125`),
    );
  });

  it('has weeks from Monday on, week 53 among them, over the turn of the year', async () => {
    expect(
      await table(
        `SELECT to_char(week, 'IYYY-IW') AS week, charging_events AS events, billed_kwh AS billed, metered_kwh AS metered,
                drawn_kwh AS drawn, charging_events_change AS more
           FROM charging_event_week ORDER BY charging_event_week.week`,
      ),
    ).to.deep.equal(
      rowsOf(`
        week    events billed metered drawn more
        2020-43 3      3      3       3     3
        2020-52 1      2      0       -     1
        2020-53 2      7      4       3.5   1
        2021-01 0      0      0       0.5   -2
        2021-04 1      5      2       1     1
        2021-05 0      0      0       1     -1`),
    );
    expect(
      await table(
        `SELECT period, from_day, to_day FROM job_run WHERE job = 'charging-event-week' AND period LIKE '2020-W53'`,
      ),
    ).to.deep.equal(rowsOf('period from_day to_day\n2020-W53 2020-12-28 2021-01-04'));
  });

  it('takes sessions over midnight and the end of week, month and year for what they are: one, of the day on which they start', async () => {
    expect(
      await table(
        'SELECT day, start_time AS start, end_time AS end, metered_kwh AS kwh FROM charging_session ORDER BY start_time',
      ),
    ).to.deep.equal(
      rowsOf(`
        day        start            end              kwh
        2020-10-25 2020-10-25T01:30 2020-10-25T03:30 3
        2020-12-31 2020-12-31T23:00 2021-01-01T02:00 3
        2021-01-03 2021-01-03T23:30 2021-01-04T00:30 1
        2021-01-31 2021-01-31T23:00 2021-02-01T01:00 2`),
    );
    expect(
      await table(
        `SELECT month, charging_events AS events, billed_kwh AS billed, charging_hours AS hours FROM charging_box_analysis
          WHERE month IN ('2020-12-01', '2021-01-01', '2021-02-01') ORDER BY month`,
      ),
    ).to.deep.equal(
      rowsOf(`
        month      events billed hours
        2020-12-01 2      5      1
        2021-01-01 2      9      4
        2021-02-01 0      0      1`),
    );
  });

  it('moves everything to other days when the zone changes, and leaves nothing behind', async () => {
    await analyse(world(), winter('2021-02-02T12:00'), {}, { TIME_ZONE: 'America/Los_Angeles' });
    expect(
      await table(
        `SELECT day, charging_events AS events FROM charging_event_day WHERE charging_events > 0 ORDER BY day`,
      ),
    ).to.deep.equal(
      rowsOf(`
        day        events
        2020-10-24 2
        2020-10-25 1
        2020-12-27 1
        2020-12-31 1
        2021-01-03 1
        2021-01-31 1`),
    );
  });
});
