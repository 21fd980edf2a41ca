import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { alertFiles, alertGroups } from '../grafana/src/alerts/provisioning.ts';
import type { AlertRule } from '../grafana/src/alerts/rule.ts';
import { DEFAULTS, settingsOf } from '../grafana/src/settings.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { ask, fired } from './fixture/alert-questions.ts';
import { useWorld } from './fixture/world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UIDS = [
  'no-messages',
  'oldest-unsent-point',
  'dead-letters-growing',
  'log-nearly-full',
  'box-offline',
  'voltage-out-of-range',
  'outlet-silent-while-charging',
  'draw-without-charging',
  'current-out-of-range',
  'meter-against-outlets',
  'job-late',
  'backup-late',
  'rehearsal-failed',
  'reconciliation-above-tolerance',
];

describe('alert rules', function () {
  this.timeout(30_000);
  const world = useWorld();
  let rules: ReadonlyMap<string, AlertRule>;
  /** Of the test that runs: what is young at its start must not age while others run. */
  let nowMs = 0;

  before(() => {
    const { telemetry, history, operations } = world().buckets;
    const settings = settingsOf({
      INFLUX_TELEMETRY_BUCKET: telemetry,
      INFLUX_HISTORY_BUCKET: history,
      INFLUX_OPERATIONS_BUCKET: operations,
    });
    const all = alertGroups(settings).flatMap((group) => group.rules);
    rules = new Map(all.map((rule) => [rule.uid, rule]));
  });

  beforeEach(() => {
    nowMs = Date.now();
  });

  const rule = (uid: string): AlertRule => {
    const found = rules.get(uid);
    if (found === undefined) throw new Error(`there is no rule ${uid}`);
    return found;
  };
  const firedFor = (uid: string) => fired(world(), rule(uid));
  const write = (bucket: 'telemetry' | 'history' | 'operations', lines: readonly string[]) =>
    world().writeBatch(world().buckets[bucket], lines);
  const at = (agoMs: number) => Math.round(nowMs - agoMs);

  const photograph = (box: number, outlet: number, agoMs: number, fields: object) =>
    toLine({ measurement: 'photograph', tags: { box, outlet }, fields: { ...fields }, timeMs: at(agoMs) });
  const connection = (box: number, agoMs: number, online: boolean, silent: boolean) =>
    toLine({ measurement: 'connection', tags: { box }, fields: { online, silent }, timeMs: at(agoMs) });
  const place = (box: number, district: string, inService = true, agoMs = HOUR_MS) =>
    `place,box=${box} city="X",district="${district}",in_service=${inService} ${at(agoMs)}`;
  const evida = (client: string, agoMs: number, fields: Readonly<Record<string, number>>) =>
    `evida,client=${client} ${Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join()} ${at(agoMs)}`;

  it('are those that the handbook has pages of', () => {
    expect([...rules.keys()].sort()).to.deep.equal([...UIDS].sort());
  });

  it('can be asked of servers that hold nothing yet: about boxes nothing is found', async () => {
    for (const uid of UIDS) {
      const found = await ask(world(), rule(uid));
      if (rule(uid).withoutAnswer.noDataState === 'OK') expect(found, uid).to.deep.equal([]);
    }
    for (const uid of ['backup-late', 'rehearsal-failed']) {
      expect(await ask(world(), rule(uid)), uid).to.have.length(1);
      expect(await firedFor(uid), `${uid} on the first day`).to.deep.equal([]);
    }
  });

  it('say what they ask in one table, for a box with its district, Unknown where no place is known', async () => {
    await write('history', [photograph(20, 0, MINUTE_MS, { status: 2, current_a: 40 })]);
    expect(await firedFor('current-out-of-range')).to.deep.equal(['box=20,district=Unknown,outlet=0']);
    await write('operations', [place(20, 'Cầu Giấy'), place(21, 'Other')]);
    expect(await firedFor('current-out-of-range')).to.deep.equal(['box=20,district=Cầu Giấy,outlet=0']);
    await write('history', [photograph(20, 0, 0, { status: 2, current_a: 16 })]);
    expect(await firedFor('current-out-of-range'), 'at the limit').to.deep.equal([]);
  });

  it('current-out-of-range: not of a photograph whose outlet may long draw something else', async () => {
    await write('history', [
      photograph(21, 0, 36 * MINUTE_MS, { status: 2, current_a: 40 }),
      photograph(21, 1, MINUTE_MS, { status: 2, current_a: 40 }),
      photograph(21, 1, 0, { status: 3 }),
    ]);
    expect(await firedFor('current-out-of-range')).to.deep.equal([]);
  });

  it('box-offline: offline or silent by the last word, in service, and still listed', async () => {
    await write('operations', [
      ...[30, 31, 32, 33].map((box) => place(box, 'A')),
      place(34, 'A', false),
      place(35, 'A', true, 4 * HOUR_MS),
    ]);
    await write('history', [
      connection(30, HOUR_MS, true, false),
      connection(31, 2 * HOUR_MS, true, false),
      connection(31, HOUR_MS, false, false),
      connection(32, HOUR_MS, true, true),
      connection(33, 2 * HOUR_MS, false, true),
      connection(33, HOUR_MS, true, false),
      connection(34, HOUR_MS, false, false),
      connection(35, HOUR_MS, false, true),
    ]);
    expect(await ask(world(), rule('box-offline'))).to.deep.equal([
      { labels: 'box=31,district=A', value: 1 },
      { labels: 'box=32,district=A', value: 2 },
    ]);
    expect(await firedFor('box-offline')).to.have.length(2);
  });

  it('outlet-silent-while-charging: charging, not photographed for longer than it would be, and its box is there', async () => {
    await write(
      'operations',
      [40, 41].map((box) => place(box, 'A')),
    );
    await write('history', [
      connection(40, HOUR_MS, true, false),
      connection(41, HOUR_MS, true, true),
      photograph(40, 0, 36 * MINUTE_MS, { status: 2 }),
      photograph(40, 1, 34 * MINUTE_MS, { status: 2 }),
      photograph(40, 2, 36 * MINUTE_MS, { status: 3 }),
      photograph(40, 3, 36 * MINUTE_MS, { status: 2 }),
      photograph(40, 3, MINUTE_MS, { status: 0 }),
      photograph(41, 0, 36 * MINUTE_MS, { status: 2 }),
    ]);
    const found = await firedFor('outlet-silent-while-charging');
    // The photograph of box 21 is as old.
    expect(found).to.deep.equal(['box=21,district=Other,outlet=0', 'box=40,district=A,outlet=0']);
  });

  it('draw-without-charging: current of a deadband or more in the last photograph, in another status', async () => {
    await write('operations', [place(50, 'A')]);
    await write('history', [
      photograph(50, 0, HOUR_MS, { status: 0, current_a: 1 }),
      photograph(50, 1, HOUR_MS, { status: 0, current_a: 0.9 }),
      photograph(50, 2, HOUR_MS, { status: 2, current_a: 8 }),
      // It charged then; its current has not been heard of since.
      photograph(50, 3, 2 * HOUR_MS, { status: 2, current_a: 8 }),
      photograph(50, 3, HOUR_MS, { status: 3 }),
      photograph(50, 4, HOUR_MS, { status: 3, current_a: 2.5 }),
      photograph(50, 5, HOUR_MS, { status: 6, current_a: 2.5 }),
    ]);
    expect(await firedFor('draw-without-charging')).to.deep.equal([
      'box=50,district=A,outlet=0',
      'box=50,district=A,outlet=4',
    ]);
  });

  it('voltage-out-of-range: by the last word of meter or photograph', async () => {
    const meter = (box: number, agoMs: number, voltage: number) =>
      toLine({ measurement: 'meter', tags: { box }, fields: { voltage_v: voltage }, timeMs: at(agoMs) });
    await write(
      'operations',
      [60, 61, 62, 63, 64].map((box) => place(box, 'A')),
    );
    await write('telemetry', [
      meter(60, MINUTE_MS, 253.1),
      meter(61, MINUTE_MS, 253),
      meter(62, 3 * MINUTE_MS, 180),
      meter(63, 16 * MINUTE_MS, 180),
    ]);
    await write('history', [
      photograph(60, 0, 2 * MINUTE_MS, { status: 2, voltage_v: 230 }),
      photograph(62, 0, 2 * MINUTE_MS, { status: 2, voltage_v: 230 }),
      photograph(64, 3, 2 * MINUTE_MS, { status: 2, voltage_v: 206.9 }),
      photograph(64, 4, 3 * MINUTE_MS, { status: 2, voltage_v: 230 }),
    ]);
    expect(await firedFor('voltage-out-of-range')).to.deep.equal(['box=60,district=A', 'box=64,district=A']);
  });

  it('meter-against-outlets: beyond both tolerances, over 24 whole hours of the meter', async () => {
    const stopMs = Math.floor((nowMs - 15 * MINUTE_MS) / HOUR_MS) * HOUR_MS;
    const hours = (name: string, tags: string, kwhAnHour: number, count = 25) =>
      Array.from(
        { length: count },
        (_, hour) =>
          `${name},${tags} energy_kwh=${100 + hour * kwhAnHour} ${stopMs - (count - hour) * HOUR_MS}`,
      );
    await write(
      'operations',
      [70, 71, 72, 73].map((box) => place(box, 'A')),
    );
    await write('history', [
      // 24 kWh by the meter, 21.6 by the outlets: exactly the tolerated part.
      ...hours('meter_hour', 'box=70', 1),
      ...hours('consumption_hour', 'box=70,outlet=0', 0.5),
      ...hours('consumption_hour', 'box=70,outlet=1', 0.45),
      ...hours('meter_hour', 'box=71', 1),
      ...hours('consumption_hour', 'box=71,outlet=0', 0.85),
      ...hours('meter_hour', 'box=72', 1),
      ...hours('consumption_hour', 'box=72,outlet=0', 1.2),
      ...hours('meter_hour', 'box=73', 1, 20),
      ...hours('consumption_hour', 'box=73,outlet=0', 0.5),
    ]);
    const found = await ask(world(), rule('meter-against-outlets'));
    expect(found.map(({ labels, value }) => [labels, value.toFixed(3)])).to.deep.equal([
      ['box=71,district=A', '3.600'],
      ['box=72,district=A', '-4.800'],
    ]);
    expect(await firedFor('meter-against-outlets')).to.have.length(2);
  });

  it('no-messages: none for five minutes, or nothing said of itself for so long', async () => {
    await write('operations', [
      evida('well', 2 * MINUTE_MS, { seconds_since_message: 400 }),
      evida('well', MINUTE_MS, { seconds_since_message: 1 }),
      evida('deaf', MINUTE_MS, { seconds_since_message: 250 }),
      evida('dead', 6 * MINUTE_MS, { seconds_since_message: 1 }),
      evida('forgotten', 25 * HOUR_MS, { seconds_since_message: 1 }),
    ]);
    expect(await firedFor('no-messages')).to.deep.equal(['client=dead', 'client=deaf']);
  });

  it('oldest-unsent-point: as each Evida says', async () => {
    await write('operations', [
      evida('well', MINUTE_MS, { oldest_unsent_s: 900 }),
      evida('behind', 2 * MINUTE_MS, { oldest_unsent_s: 900.5 }),
    ]);
    expect(await firedFor('oldest-unsent-point')).to.deep.equal(['client=behind']);
  });

  it('dead-letters-growing: messages and points together, in half an hour, also over a log that began anew', async () => {
    const letters = (client: string, agoMs: number, messages: number, points: number) =>
      evida(client, agoMs, { dead_messages: messages, dead_points: points });
    await write('operations', [
      letters('well', 40 * MINUTE_MS, 0, 0),
      letters('well', 20 * MINUTE_MS, 1000, 0),
      letters('well', MINUTE_MS, 1010, 0),
      letters('garbled', 20 * MINUTE_MS, 5, 1),
      letters('garbled', MINUTE_MS, 11, 6),
      letters('anew', 20 * MINUTE_MS, 100, 0),
      letters('anew', MINUTE_MS, 11, 0),
    ]);
    expect(await firedFor('dead-letters-growing')).to.deep.equal(['client=anew', 'client=garbled']);
  });

  it('log-nearly-full: above 80 percent of its cap', async () => {
    await write('operations', [
      evida('well', MINUTE_MS, { log_bytes: 800, log_max_bytes: 1000 }),
      evida('full', MINUTE_MS, { log_bytes: 801, log_max_bytes: 1000 }),
    ]);
    expect(await ask(world(), rule('log-nearly-full'))).to.deep.equal([
      { labels: 'client=full', value: 80.1 },
      { labels: 'client=well', value: 80 },
    ]);
    expect(await firedFor('log-nearly-full')).to.deep.equal(['client=full']);
  });

  describe('of the ledger', () => {
    const period = (job: string, values: Readonly<Record<string, string | number>>) => {
      const row = {
        job,
        period: 'all',
        from_day: '2026-10-01',
        to_day: '2026-11-01',
        state: 'done',
        requested_at: 'now',
        attempts: 0,
        ...values,
      };
      const columns = Object.keys(row);
      return world().database.query(
        `INSERT INTO job_run (${columns.join()}) VALUES (${columns.map((_, index) => `$${index + 1}`).join()})`,
        Object.values(row),
      );
    };
    const ended = (agoMs: number) => ({
      started_at: new Date(at(agoMs + 2000)).toISOString(),
      finished_at: new Date(at(agoMs)).toISOString(),
    });
    beforeEach(() => world().database.query('DELETE FROM job_run'));
    /** As if the tables were there for a month. */
    before(() => world().database.query(`UPDATE migration SET applied_at = now() - interval '30 days'`));

    it('job-late: three runs missed or failed in a row, be it because one of its periods fails', async () => {
      await period('charging-session', ended(HOUR_MS));
      await period('charging-pattern', ended(3.5 * HOUR_MS));
      await period('customer-month', ended(2.5 * HOUR_MS));
      await period('loyal-customers', ended(HOUR_MS));
      await period('loyal-customers', {
        ...ended(HOUR_MS),
        period: '2026-09',
        state: 'failed',
        attempts: 3,
        error: 'x',
      });
      await period('box-connection', { ...ended(HOUR_MS), state: 'failed', attempts: 2, error: 'x' });
      await period('box-connection', { ...ended(HOUR_MS), period: '2026-09' });
      await period('telemetry', { state: 'due' });
      expect(await firedFor('job-late')).to.deep.equal([
        'job=charging-pattern',
        'job=loyal-customers',
        'job=telemetry',
      ]);
    });

    it('job-late: a run that goes on is not late; the daily comparison has a day, and the next makes up for it', async () => {
      await period('charging-session', {
        state: 'running',
        attempts: 1,
        started_at: new Date(at(MINUTE_MS)).toISOString(),
        finished_at: new Date(at(2 * HOUR_MS)).toISOString(),
      });
      const failed = { state: 'failed', attempts: 9, error: 'x' };
      await period('eboost-comparison', { ...ended(40 * HOUR_MS), ...failed, from_day: '2026-10-02' });
      await period('eboost-comparison', {
        ...ended(20 * HOUR_MS),
        from_day: '2026-10-03',
        period: '2026-10-03',
      });
      expect(await firedFor('job-late')).to.deep.equal([]);
      await world().database.query(`UPDATE job_run SET attempts = 2 WHERE job = 'charging-session'`);
      expect(await firedFor('job-late'), 'interrupted again and again').to.deep.equal([
        'job=charging-session',
      ]);
    });

    it('backup-late: none that ended well in 26 hours, whatever failed since', async () => {
      await period('backup', { ...ended(25 * HOUR_MS), period: '2026-10-01T17:00Z' });
      await period('backup', {
        ...ended(HOUR_MS),
        period: '2026-10-02T17:00Z',
        state: 'failed',
        attempts: 6,
        error: 'x',
      });
      expect(await firedFor('backup-late')).to.deep.equal([]);
      await world().database.query(
        `UPDATE job_run SET finished_at = finished_at - interval '2 hours' WHERE state = 'done'`,
      );
      expect(await firedFor('backup-late')).to.deep.equal(['']);
      await world().database.query('DELETE FROM job_run');
      expect(await firedFor('backup-late'), 'never').to.deep.equal(['']);
    });

    it('rehearsal-failed: failed, or none for more than a week', async () => {
      await period('rehearsal', { ...ended(7 * DAY_MS), period: '2026-10-01T20:00Z' });
      expect(await firedFor('rehearsal-failed')).to.deep.equal([]);
      await period('rehearsal', {
        ...ended(HOUR_MS),
        period: '2026-10-08T20:00Z',
        state: 'failed',
        attempts: 1,
        error: 'x',
      });
      expect(await firedFor('rehearsal-failed')).to.deep.equal(['']);
      await world().database.query('DELETE FROM job_run');
      await period('rehearsal', { ...ended(9 * DAY_MS), period: '2026-10-01T20:00Z' });
      expect(await firedFor('rehearsal-failed')).to.deep.equal(['']);
    });
  });

  it('reconciliation-above-tolerance: what a box billed and metered in the last days, beyond both tolerances', async () => {
    const { database } = world();
    await database.query(`
      INSERT INTO analysis_setting VALUES ('time_zone', 'Asia/Ho_Chi_Minh'), ('reconciliation_tolerance_kwh', '0.05'),
                                          ('reconciliation_tolerance_share', '0.05')
          ON CONFLICT (name) DO UPDATE SET value = excluded.value;
      INSERT INTO eboost_box (id, unique_id, name, city, district, updated_at) VALUES (80, 'Ebox_80', '', 'X', 'A', now())`);
    let id = 0;
    const billed = async (box: number, daysAgo: number, kwh: number, metered: number | undefined) => {
      id++;
      const day = `((now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - ${daysAgo})`;
      const start = `(${day}::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '${id} minutes')`;
      await database.query(
        `INSERT INTO judged_transaction (id, box, outlet, customer, start_time, end_time, day, kwh, revenue, consumed_fee, activation_fee, discount)
         VALUES (${id}, ${box}, 0, 1, ${start}, ${start} + interval '1 minute', ${day}, ${kwh}, 0, 0, 0, 0)`,
      );
      if (metered === undefined) return;
      await database.query(
        `INSERT INTO charging_session (box, outlet, start_time, end_time, last_photograph, day, metered_kwh, recovered, abandoned, transaction_id)
         VALUES (${box}, 0, ${start}, ${start} + interval '1 minute', ${start}, ${day}, ${metered}, false, false, ${id})`,
      );
    };
    await billed(80, 1, 2, 1.5);
    await billed(80, 2, 2, undefined);
    await billed(81, 1, 2, 1.91);
    await billed(82, 1, 2, 1.5);
    await billed(82, 1, 2, 2.5);
    await billed(83, 0, 2, 1);
    await billed(84, 4, 2, 1);
    const found = await ask(world(), rule('reconciliation-above-tolerance'));
    expect(found.map(({ labels, value }) => [labels, value.toFixed(2)])).to.deep.equal([
      ['box=80,district=A', '2.30'],
    ]);
    expect(await firedFor('reconciliation-above-tolerance')).to.have.length(1);
  });
});

const Provisioned = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          uid: z.string(),
          title: z.string(),
          condition: z.string(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
          data: z.array(z.object({ refId: z.string(), datasourceUid: z.string(), model: z.looseObject({}) })),
        }),
      ),
    }),
  ),
});

describe('provisioning/alerting', () => {
  const files = alertFiles(DEFAULTS);
  const rules = Provisioned.parse(parse(files['rules.yaml'] ?? '')).groups.flatMap((group) => group.rules);

  it('has every rule with a threshold over its question, and its page in the handbook', () => {
    expect(rules.map(({ uid }) => uid).sort()).to.deep.equal([...UIDS].sort());
    expect(new Set(rules.map(({ title }) => title)).size).to.equal(rules.length);
    for (const { uid, condition, data, annotations } of rules) {
      const [question, threshold] = data;
      expect(data).to.have.length(2);
      expect(question?.datasourceUid).to.match(/^evida-(influxdb|postgres)$/);
      expect(threshold?.refId).to.equal(condition);
      expect(threshold?.model).to.include({ type: 'threshold', expression: question?.refId });
      expect(annotations.runbook_url).to.equal(`\${HANDBOOK_URL}/docs/handbook/alerts.md#${uid}`);
    }
  });

  it('leaves nothing for Grafana to put in but what the environment has', () => {
    const names = new Set<string>();
    for (const text of Object.values(files)) {
      const withoutLiterals = text.replaceAll('$$', '');
      for (const [found, name] of withoutLiterals.matchAll(/\$(?:\{(\w+)\})?/g)) {
        expect(found, text).to.not.equal('$');
        names.add(name ?? '');
      }
    }
    expect([...names].sort()).to.deep.equal([
      'ALERT_CONTACT',
      'ALERT_EMAIL',
      'ALERT_WEBHOOK_URL',
      'HANDBOOK_URL',
    ]);
  });

  it('groups what is told by district, and tells again and again what has to be looked at', () => {
    const Policies = z.object({
      policies: z.array(
        z.object({
          receiver: z.string(),
          group_by: z.array(z.string()),
          routes: z.array(z.object({ object_matchers: z.array(z.array(z.string())) })),
        }),
      ),
    });
    const Points = z.object({ contactPoints: z.array(z.object({ name: z.string() })) });
    const { policies } = Policies.parse(parse(files['notification-policies.yaml'] ?? ''));
    const { contactPoints } = Points.parse(parse(files['contact-points.yaml'] ?? ''));
    expect(policies.map(({ receiver, group_by }) => ({ receiver, group_by }))).to.deep.equal([
      { receiver: contactPoints[0]?.name, group_by: ['district'] },
    ]);
    expect(policies[0]?.routes[0]?.object_matchers).to.deep.equal([['severity', '=', 'page']]);
  });
});
