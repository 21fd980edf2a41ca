import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAlertRules } from '../checks/dashboards/alert-rules.ts';
import { QueryRunner } from '../checks/dashboards/run-checks.ts';
import { FLUX_TARGET, PANEL, SQL_TARGET, sampleDashboard } from '../checks/dashboards/sample.ts';
import { until } from '../src/embedded/until.ts';
import { type DataSources, openDataSources } from '../src/grafana/data-sources.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { projectFile } from '../src/project-file.ts';
import { processesUsing } from './fixture/processes.ts';
import { useWorld } from './fixture/world.ts';

const NOW_MS = Date.parse('2026-10-08T00:00:00Z');

describe('running what dashboards ask', function () {
  this.timeout(20_000);
  let sources: DataSources;
  // Before the world goes: hooks run in their order.
  after(() => sources.close());
  const world = useWorld();

  before(async () => {
    const { database, writeBatch, buckets, config, log } = world();
    sources = openDataSources(config(), log);
    await database.query(
      `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 2, 2, 0.4, 0.5, 1650, 500, 100)`,
    );
    const line = toLine({
      measurement: 'consumption',
      tags: { box: 12, outlet: 0 },
      fields: { energy_kwh: 1 },
      timeMs: Date.parse('2026-10-02T01:00:00Z'),
    });
    await writeBatch(buckets.telemetry, [line]);
  });

  const flux = (rest: string) => ({
    ...FLUX_TARGET,
    query: `from(bucket: "${world().buckets.telemetry}") |> range(start: v.timeRangeStart) ${rest}`,
  });
  const sql = (rawSql: string) => ({ ...SQL_TARGET, rawSql });
  const runner = () => new QueryRunner(sources, NOW_MS, new AbortController().signal);
  const run = async (panel: Record<string, unknown>, more: Record<string, unknown> = {}) => {
    const running = runner();
    await running.runDashboard(
      sampleDashboard({ templating: { list: [] }, panels: [{ ...PANEL, ...panel }], ...more }),
    );
    return running;
  };
  const found = ({ findings }: QueryRunner) =>
    findings.map(({ place, rule, problem }) => `${place} (${rule}): ${problem}`).join('\n');

  const METERED = `|> group() |> map(fn: (r) => ({box: r.box, metered: r._value}))`;
  const BILLED = `SELECT box::text AS box, billed_kwh FROM charging_event_day WHERE box = 12 AND day > '2026-10-01'`;
  const BY_BOX = [{ id: 'joinByField', options: { byField: 'box', mode: 'outer' } }];

  it('counts queries and rows, and finds nothing wrong with a panel that is right', async () => {
    const running = await run({ targets: [flux(METERED), sql(BILLED)], transformations: BY_BOX });
    expect(found(running)).to.equal('');
    expect(running.runs.map(({ ms, ...counts }) => counts)).to.deep.equal([
      { dashboard: 'evida-sample', panel: 'Energy', queries: 2, rows: 2 },
    ]);
  });

  it('finds what a server refuses, and goes on', async () => {
    const running = await run({ targets: [flux('|> nonsense()'), sql('SELECT nonsense')] });
    expect(found(running))
      .to.contain('evida-sample / Energy / metered (error): running a Flux query: ')
      .and.to.contain(
        'evida-sample / Energy / billed (error): asking Postgres: column "nonsense" does not exist',
      );
  });

  it('finds answers that are empty', async () => {
    const running = await run({
      targets: [flux('|> filter(fn: (r) => false)'), sql(`${BILLED} AND false`)],
    });
    expect(found(running)).to.equal(
      'evida-sample / Energy / metered (empty): it finds nothing\nevida-sample / Energy / billed (empty): it finds nothing',
    );
  });

  it('finds a join by different types, and what is left empty by it', async () => {
    const running = await run({
      targets: [flux(METERED), sql(BILLED.replace('::text', ''))],
      transformations: [{ id: 'joinByField', options: { byField: 'box', mode: 'inner' } }],
    });
    expect(found(running))
      .to.contain('box is a string in metered, a number in billed')
      .and.to.contain('(empty): its transformations leave nothing to show');
  });

  it('finds a query that no index could serve', async () => {
    const running = await run({ targets: [sql('SELECT kwh FROM judged_transaction WHERE kwh > 5')] });
    expect(found(running)).to.contain(
      '(index): no index serves it: judged_transaction is read from end to end',
    );
  });

  it('sets variables in the order in which they need each other, each to its first value', async () => {
    const query = (name: string, text: string) => ({
      type: 'query',
      name,
      datasource: SQL_TARGET.datasource,
      query: text,
      refresh: 2,
    });
    const running = await run(
      { targets: [sql(BILLED.replace('box = 12', 'box = ${box}'))] },
      {
        templating: {
          list: [
            query('box', 'SELECT box FROM charging_event_day WHERE box = ${first:sqlstring}::integer'),
            query('first', 'SELECT DISTINCT box FROM charging_event_day WHERE box > 0 ORDER BY box'),
          ],
        },
      },
    );
    expect(found(running)).to.equal('');
    expect(running.runs.map(({ panel, rows }) => [panel, rows])).to.deep.equal([
      ['variable first', 1],
      ['variable box', 1],
      ['Energy', 1],
    ]);
  });

  it('tries other values of a variable where the first gives nothing', async () => {
    const box = (values: string) => ({
      templating: {
        list: [
          {
            type: 'query',
            name: 'box',
            datasource: SQL_TARGET.datasource,
            query: `SELECT unnest('{${values}}'::integer[])`,
            refresh: 2,
          },
        ],
      },
    });
    const panel = { targets: [sql(BILLED.replace('box = 12', 'box = ${box}'))] };
    const filled = await run(panel, box('11, 12'));
    expect(found(filled)).to.equal('');
    expect(filled.runs.at(-1)).to.include({ panel: 'Energy', rows: 1 });
    const empty = await run(panel, box('11, 13'));
    expect(found(empty)).to.equal('evida-sample / Energy / billed (empty): it finds nothing');
  });

  it('finds variables that need each other in a circle, and does not go on', async () => {
    const circle = (name: string, other: string) => ({
      type: 'query',
      name,
      datasource: SQL_TARGET.datasource,
      query: `SELECT \${${other}:sqlstring}`,
    });
    const running = await run(
      { targets: [sql(BILLED)] },
      { templating: { list: [circle('a', 'b'), circle('b', 'a')] } },
    );
    expect(found(running)).to.contain('these refer to each other: a, b');
    expect(running.runs).to.deep.equal([]);
  });

  it('runs annotations, whose answers have a time and a text', async () => {
    const annotation = (map: string) => ({
      annotations: {
        list: [
          {
            name: 'Readings',
            datasource: FLUX_TARGET.datasource,
            enable: true,
            target: { ...flux(`|> group() |> map(fn: (r) => (${map}))`), refId: 'marks' },
          },
        ],
      },
    });
    const right = await run({ targets: [sql(BILLED)] }, annotation('{time: r._time, text: r.outlet}'));
    expect(found(right)).to.equal('');
    const wrong = await run({ targets: [sql(BILLED)] }, annotation('{at: r._time}'));
    expect(found(wrong)).to.contain('it has no field time').and.to.contain('it has no field text');
  });

  it('runs alert rules; one that finds only what is wrong may find nothing', async () => {
    const rule = (uid: string, noDataState: string) => ({
      uid,
      title: uid,
      condition: 'A',
      for: '5m',
      noDataState,
      execErrState: 'Alerting',
      data: [
        {
          refId: 'A',
          datasourceUid: 'evida-postgres',
          relativeTimeRange: { from: 86_400, to: 0 },
          model: {
            rawSql: `SELECT box::text AS box, billed_kwh FROM charging_event_day WHERE box = 12 AND $$__timeFilter(day)`,
          },
        },
      ],
    });
    const [loud, quiet] = parseAlertRules(
      JSON.stringify({
        groups: [
          { name: 'A', folder: 'B', interval: '1m', rules: [rule('loud', 'Alerting'), rule('quiet', 'OK')] },
        ],
      }),
      'rules.yaml',
    );
    const running = runner();
    for (const one of [loud, quiet]) if (one !== undefined) await running.runAlert(one);
    expect(found(running)).to.equal('alert loud / A (empty): it finds nothing');
  });
});

describe('npm run check:dashboards', function () {
  this.timeout(120_000);

  it('leaves no process and no file behind after Ctrl-C, and ends with 130', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evida-check-'));
    try {
      const child = spawn(process.execPath, ['--import=tsx', projectFile('checks', 'dashboards.ts')], {
        env: { ...process.env, TMPDIR: directory },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text;
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      expect(await until(() => /months of history/.test(stderr), 90_000), stderr).to.equal(true);
      child.kill('SIGINT');
      expect(await ended, stderr).to.equal(130);
      expect(processesUsing(directory)).to.deep.equal([]);
      expect((await readdir(directory)).filter((name) => name.startsWith('evida-'))).to.deep.equal([]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
