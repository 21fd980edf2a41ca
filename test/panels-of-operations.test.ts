import { expect } from 'chai';
import { z } from 'zod';
import { alertsOfJobs } from '../grafana/src/alerts/jobs.ts';
import { operations } from '../grafana/src/dashboards/operations.ts';
import { DEFAULTS } from '../grafana/src/settings.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { collectRows } from '../src/influx/query.ts';
import { answer, clock } from './fixture/analysis.ts';
import { questionsOf } from './fixture/panels.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');
/** A minute ends as the sentence after it begins: the bucket keeps a month, so it is of today. */
const END_MS = Math.floor(Date.now() / 60_000) * 60_000;
const MINUTE_MS = 60_000;
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

describe('the panels of Operations', function () {
  this.timeout(30_000);
  const world = useWorld();

  const questions = (title: string, from: string, to: string) =>
    questionsOf(operations(DEFAULTS), title, {
      from,
      to,
      variables: {
        time_zone: 'Asia/Ho_Chi_Minh',
        history_bucket: world().buckets.history,
        operations_bucket: world().buckets.operations,
      },
    });
  const askFlux = async (query = '') => {
    const rows = await collectRows(world().queryFlux(query, z.looseObject({})));
    return rows.map(({ result, table, ...row }) => row);
  };
  /** The answer about the last four minutes. */
  const lately = (title: string, refId: string) =>
    askFlux(questions(title, iso(END_MS - 4 * MINUTE_MS), iso(END_MS))[refId]);
  const state = (client: string, minutesAgo: number, fields: Readonly<Record<string, number>>) =>
    `evida,client=${client} ${Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join()} ${END_MS - minutesAgo * MINUTE_MS}`;

  before(async () => {
    const { writeBatch, buckets, database } = world();
    const well = { ready: 1, connected: 1, listening: 1, backlog: 0, log_max_bytes: 1000 };
    await writeBatch(buckets.operations, [
      state('a', 3, { ...well, received: 100, log_bytes: 100, boxes: 3, silent_boxes: 0 }),
      state('a', 2, { ...well, received: 160, log_bytes: 200, boxes: 3, silent_boxes: 1 }),
      state('a', 1, { ...well, received: 20, log_bytes: 400, boxes: 3, silent_boxes: 1, oldest_unsent_s: 5 }),
      state('b', 3, { ...well, received: 5, log_bytes: 500, boxes: 2, silent_boxes: 2 }),
      state('b', 2, { ...well, received: 15, log_bytes: 500, boxes: 2, silent_boxes: 2, backlog: 1 }),
      state('b', 1, { connected: 0, listening: 0, backlog: 0, ready: 0, boxes: 2 }),
    ]);
    const written = (measurement: string, day: string, time: string, points: number) =>
      toLine({
        measurement: 'write_log',
        tags: { measurement, day },
        fields: { points },
        timeMs: Date.parse(at(time)),
      });
    await writeBatch(buckets.history, [
      written('photograph', '2026-10-01', '2026-10-02T00:30', 7),
      written('photograph', '2026-10-01', '2026-10-02T23:30', 3),
      written('meter', '2026-10-02', '2026-10-02T12:00', 100),
      written('connection', '2026-10-02', '2026-10-02T12:00', 20),
      written('meter', '2026-10-03', '2026-10-03T00:00', 4),
    ]);
    await database.query(`
      INSERT INTO judged_transaction (id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount)
        SELECT id, 12, 0, 1, '2026-10-02T08:00+07', '2026-10-02T09:00+07', '2026-10-02', 0.5, 2000, 2000, 0, 0 FROM generate_series(1, 3) AS id;
      INSERT INTO charging_session (box, outlet, start_time, end_time, last_photograph, day, metered_kwh, recovered, abandoned, transaction_id)
        VALUES (12, 0, '2026-10-01T08:00+07', '2026-10-01T09:00+07', '2026-10-01T08:30+07', '2026-10-01', 1, false, false, NULL),
               (12, 0, '2026-10-02T07:00+07', '2026-10-02T08:00+07', '2026-10-02T07:30+07', '2026-10-02', 0.4, false, false, 1);
      INSERT INTO job_run (job, period, from_day, to_day, state, requested_at, attempts, started_at, finished_at, rows, error)
        VALUES ('charging-pattern', '2026-10', '2026-10-01', '2026-11-01', 'done', now(), 0, now() - interval '20 minutes', now() - interval '19 minutes', 5, NULL),
               ('customer-month', '2026-09', '2026-09-01', '2026-10-01', 'failed', now(), 4, now() - interval '10 minutes', now() - interval '9 minutes', NULL, 'no room'),
               ('customer-month', '2026-10', '2026-10-01', '2026-11-01', 'due', now(), 0, NULL, NULL, NULL, NULL),
               ('backup', '2026-10-01T17:00Z', '2026-10-01', '2026-10-02', 'running', now(), 1, now() - interval '1 minute', now() - interval '1 hour', 40, NULL),
               ('rehearsal', '2026-09-30T20:00Z', '2026-09-30', '2026-10-01', 'done', now(), 0, now() - interval '2 days', now() - interval '2 days', 9, NULL)`);
  });

  it('show each process by its last word, also one that had no log to tell of', async () => {
    const rows = await lately('Processes', 'evida');
    expect(
      rows.map(({ client, said_at, ready, log_bytes }) => [client, said_at, ready, log_bytes]),
    ).to.deep.equal([
      ['a', iso(END_MS - MINUTE_MS), 1, 400],
      ['b', iso(END_MS - MINUTE_MS), 0, null],
    ]);
    expect(Object.keys(rows[0] ?? {})).to.include.members(['oldest_unsent_s', 'silent_boxes', 'boxes']);
  });

  it('tell how fast counters grow, all processes together, never backward', async () => {
    expect(await lately('Messages a minute', 'messages')).to.deep.equal([
      { time: iso(END_MS - 2 * MINUTE_MS), received: 70 },
    ]);
  });

  it('tell values by process, and the log in percent of its cap', async () => {
    expect((await lately('Log', 'log')).map(({ client, _value }) => [client, _value])).to.deep.equal([
      ['a', 10],
      ['a', 20],
      ['a', 40],
      ['b', 50],
      ['b', 50],
    ]);
    const oldest = await lately('Oldest unsent point', 'value');
    expect(oldest.map(({ client, _value }) => [client, _value])).to.deep.equal([['a', 5]]);
  });

  it('tell what the connection was, and how many boxes of all were silent', async () => {
    const connections = await lately('Connection to the broker', 'connection');
    expect(connections.map(({ client, _value }) => [client, _value])).to.deep.equal([
      ['a', 3],
      ['a', 3],
      ['a', 3],
      ['b', 3],
      ['b', 2],
      ['b', 0],
    ]);
    const boxes = await lately('Boxes', 'boxes');
    expect(boxes.map(({ boxes, silent_boxes }) => [boxes, silent_boxes])).to.deep.equal([
      [3, 2],
      [3, 2],
      [3, 1],
    ]);
  });

  it('mix what was written on a business day with the rows made of it, joined by the time', async () => {
    const range = [at('2026-10-01T12:00'), at('2026-10-03T12:00')] as const;
    const { points, rows } = questions('Points written and rows made of them, by day', ...range);
    const day = (date: string) => at(`${date}T00:00`).replace('.000Z', 'Z');
    expect(await askFlux(points)).to.deep.equal([
      { time: day('2026-10-02'), photographs: 10, other_points: 120 },
      { time: day('2026-10-03'), photographs: null, other_points: 4 },
    ]);
    const made = await world().database.query(rows ?? '');
    expect(made.rows).to.deep.equal([
      { time: new Date(day('2026-10-01')), sessions: 1, transactions: 0 },
      { time: new Date(day('2026-10-02')), sessions: 1, transactions: 3 },
    ]);
  });

  it('show the jobs with what they have missed, the worst first, and the backups by themselves', async () => {
    const { jobs } = questions('Jobs', iso(END_MS), iso(END_MS));
    const columns = `job, state, periods_open, last_duration_s, error, round(runs_missed) AS missed, last_done_at IS NULL AS never`;
    const ofAnalysis = `SELECT ${columns} FROM (${jobs}) AS jobs WHERE job <> 'rehearsal'`;
    const well = { last_duration_s: null, error: null, missed: '0', never: 'false' };
    expect(await answer(world(), ofAnalysis)).to.deep.equal([
      {
        job: 'customer-month',
        state: 'failed',
        periods_open: '2',
        last_duration_s: '60',
        error: 'no room',
        missed: '4',
        never: 'true',
      },
      { ...well, job: 'backup', state: 'running', periods_open: '1' },
      { ...well, job: 'charging-pattern', state: 'done', periods_open: '0', last_duration_s: '60' },
    ]);
    const { backups } = questions('Backups and rehearsals', iso(END_MS), iso(END_MS));
    const named = `SELECT job, period, state, rows FROM (${backups}) AS backups`;
    expect(await answer(world(), named)).to.deep.equal([
      { job: 'backup', period: '2026-10-01T17:00Z', state: 'running', rows: '40' },
      { job: 'rehearsal', period: '2026-09-30T20:00Z', state: 'done', rows: '9' },
    ]);
  });

  it('let the days be chosen before rows are counted or added up', async () => {
    const plan = async (query: string) => {
      const connection = await world().database.connect();
      try {
        await connection.query('SET enable_seqscan = off');
        const { rows } = await connection.query(`EXPLAIN ${query}`);
        return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
      } finally {
        await connection.query('RESET enable_seqscan');
        connection.release();
      }
    };
    const byDay = await plan(
      questions('Points written and rows made of them, by day', iso(END_MS), iso(END_MS)).rows ?? '',
    );
    expect(byDay)
      .to.match(/charging_session_day/)
      .and.to.match(/judged_transaction_day/);
    expect(byDay).not.to.contain('Seq Scan');
    const alert = alertsOfJobs(DEFAULTS)
      .flatMap(({ rules }) => rules)
      .find(({ uid }) => uid === 'reconciliation-above-tolerance');
    const question = alert !== undefined && 'rawSql' in alert.question ? alert.question.rawSql : '';
    expect(await plan(question)).to.match(/judged_transaction_day/);
  });
});
