import { expect } from 'chai';
import { until } from '../src/embedded/until.ts';
import { type DataSources, openDataSources } from '../src/grafana/data-sources.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { useWorld } from './fixture/world.ts';

const AT = '2026-10-02T01:00:00.000Z';

describe('the data sources of dashboards', function () {
  this.timeout(20_000);
  let sources: DataSources;
  // Before the world goes: hooks run in their order.
  after(() => sources.close());
  const world = useWorld();

  before(async () => {
    const { writeBatch, buckets, config, log } = world();
    sources = openDataSources(config(), log);
    const photograph = (box: number, outlet: number, status: number) =>
      toLine({
        measurement: 'photograph',
        tags: { box, outlet },
        fields: { status, reason: 'status' },
        timeMs: Date.parse(AT),
      });
    await writeBatch(buckets.history, [photograph(12, 0, 2), photograph(12, 1, 0)]);
  });

  const fields = async (language: 'flux' | 'sql', text: string) => {
    const frames = await sources.ask(language, text);
    return frames.map((frame) => frame.fields.map(({ name, type, values }) => [name, type, values]));
  };
  const photographs = () =>
    `from(bucket: "${world().buckets.history}") |> range(start: 2026-10-01T00:00:00Z) |> filter(fn: (r) => r._field == "status")`;

  it('give the types of Postgres as Grafana takes them', async () => {
    const answer = await fields(
      'sql',
      `SELECT 1::smallint AS a, 2.50::numeric AS b, 3::bigint AS c, 0.1::real AS d, true AS e, 'x'::text AS f, NULL::integer AS g,
              '2026-10-02 08:00+07'::timestamptz AS h, '2026-10-02 01:00'::timestamp AS i, '2026-10-02'::date AS j,
              'infinity'::timestamptz AS k, '{1,2}'::integer[] AS l, 1790902800 AS "time"`,
    );
    const ms = Date.parse(AT);
    expect(answer).to.deep.equal([
      [
        ['a', 'number', [1]],
        ['b', 'number', [2.5]],
        ['c', 'number', [3]],
        ['d', 'number', [0.1]],
        ['e', 'boolean', [true]],
        ['f', 'string', ['x']],
        ['g', 'number', [null]],
        ['h', 'time', [ms]],
        ['i', 'time', [ms]],
        ['j', 'time', [Date.parse('2026-10-02T00:00:00Z')]],
        ['k', 'time', [null]],
        ['l', 'string', ['{1,2}']],
        ['time', 'time', [1790902800_000]],
      ],
    ]);
  });

  it('give the columns of an empty answer of Postgres, too', async () => {
    expect(await fields('sql', 'SELECT box FROM box_hour')).to.deep.equal([[['box', 'number', []]]]);
  });

  it('change nothing in Postgres, and say what it refuses', async () => {
    for (const [sql, words] of [
      [`INSERT INTO analysis_setting VALUES ('a', 'b')`, 'read-only transaction'],
      ['SELECT nothing', 'column "nothing" does not exist'],
    ] as const) {
      const error = await sources.ask('sql', sql).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'POSTGRES_REFUSED');
      expect(String(error)).to.contain(words);
    }
  });

  it('give a time series of InfluxDB for each of its tables, named by its field, with its tags as labels', async () => {
    const frames = await sources.ask('flux', photographs());
    expect(frames).to.deep.equal(
      [2, 0].map((status, outlet) => ({
        name: 'photograph',
        fields: [
          { name: 'Time', type: 'time', values: [Date.parse(AT)] },
          { name: 'status', type: 'number', values: [status], labels: { box: '12', outlet: String(outlet) } },
        ],
      })),
    );
  });

  it('give other tables of InfluxDB column by column', async () => {
    const flux = `${photographs()} |> group() |> sort(columns: ["outlet"])
      |> map(fn: (r) => ({outlet: r.outlet, charging: r._value == 2, status: r._value, time: r._time}))`;
    const ms = Date.parse(AT);
    const [frame = []] = await fields('flux', flux);
    expect(frame).to.have.deep.members([
      ['outlet', 'string', ['0', '1']],
      ['charging', 'boolean', [true, false]],
      ['status', 'number', [2, 0]],
      ['time', 'time', [ms, ms]],
    ]);
  });

  it('give nothing of InfluxDB where it finds nothing, and say what it refuses, also in the middle of an answer', async () => {
    expect(await sources.ask('flux', `${photographs()} |> filter(fn: (r) => false)`)).to.deep.equal([]);
    for (const [flux, words] of [
      ['from(', 'error'],
      [`import "array"\narray.from(rows: [{a: "1"}, {a: "x"}]) |> map(fn: (r) => ({a: int(v: r.a)}))`, 'x'],
    ] as const) {
      const error = await sources.ask('flux', flux).catch((reason: unknown) => reason);
      expect(error, flux).to.have.property('code', 'INFLUX_REFUSED');
      expect(String(error)).to.contain(words);
    }
  });

  it('are given up when the signal comes', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 100);
    const startedMs = performance.now();
    const error = await sources
      .ask('sql', 'SELECT pg_sleep(3)', controller.signal)
      .catch((cause: unknown) => cause);
    expect(error).to.equal(reason);
    expect(performance.now() - startedMs).to.be.lessThan(2500);
    // Postgres notices when it has slept.
    const isOver = async () => {
      const { rows } = await world().database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'evida dashboards' AND state = 'active'`,
      );
      return rows.length === 0;
    };
    expect(await until(isOver, 10_000)).to.equal(true);
  });
});
