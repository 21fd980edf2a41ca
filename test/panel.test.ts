import { expect } from 'chai';
import { z } from 'zod';
import { toLine } from '../src/influx/line-protocol.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

const TITLE = 'Metered and billed energy by day';
const RANGE = ['--from', '2026-10-01T00:00:00Z', '--to', '2026-10-08T00:00:00Z'];

const Listed = z.array(z.object({ dashboard: z.string(), panel: z.string(), sources: z.string() }));
const Shown = z.object({
  panel: z.string(),
  variables: z.record(z.string(), z.unknown()),
  frames: z.array(
    z.object({
      fields: z.array(z.object({ name: z.string(), type: z.string(), unit: z.string() })),
      rows: z.array(z.array(z.unknown())),
    }),
  ),
});

describe('evida panel', function () {
  this.timeout(60_000);
  const world = useWorld();
  const panel = (...args: string[]) =>
    runEvida(
      ['panel', ...RANGE, ...args, '--var', `history_bucket=${world().buckets.history}`],
      world().environment(),
    );

  before(async () => {
    const { database, writeBatch, buckets } = world();
    await database.query(
      `INSERT INTO eboost_box (id, unique_id, name, city, district, created_at, updated_at)
       VALUES (1, 'Ebox_12', 'One', 'HCMC', 'District 1', '2026-01-01', '2026-01-01');
       INSERT INTO charging_event_day VALUES (12, '2026-10-02', 2, 2, 0.4, 0.5, 1650, 500, 100)`,
    );
    const photograph = (time: string, energyKwh: number) =>
      toLine({
        measurement: 'photograph',
        tags: { box: 12, outlet: 0 },
        fields: { energy_kwh: energyKwh },
        timeMs: Date.parse(time),
      });
    await writeBatch(buckets.history, [
      photograph('2026-10-02T01:00:00Z', 1),
      photograph('2026-10-02T02:00:00Z', 1.5),
    ]);
  });

  it('prints the joined answers of InfluxDB and Postgres as a table, with times of TIME_ZONE', async () => {
    const { code, stdout, stderr } = await panel(TITLE);
    expect(code, stderr).to.equal(0);
    const row = stdout.split('\n').find((line) => line.startsWith('2026-10-02'));
    expect(stdout).to.match(/^time +Metered +Billed\n/);
    expect(row).to.equal('2026-10-02 00:00:00  0.5      0.4');
  });

  it('--json gives names, types and units of the fields, rows and variables', async () => {
    const { stdout } = await panel(TITLE.toUpperCase(), '--json');
    const { panel: title, variables, frames } = Shown.parse(JSON.parse(stdout));
    expect(title).to.equal(TITLE);
    expect(variables).to.include({ history_bucket: world().buckets.history, time_zone: 'Asia/Ho_Chi_Minh' });
    expect(frames.map(({ fields }) => fields)).to.deep.equal([
      [
        { name: 'time', type: 'time', unit: 'kwatth' },
        { name: 'Metered', type: 'number', unit: 'kwatth' },
        { name: 'Billed', type: 'number', unit: 'kwatth' },
      ],
    ]);
    expect(frames[0]?.rows).to.deep.include(['2026-10-01T17:00:00.000Z', 0.5, 0.4]);
  });

  it('says what the panel says where nothing was found', async () => {
    const { code, stdout } = await panel(
      TITLE,
      '--from',
      '2026-01-01T00:00:00Z',
      '--to',
      '2026-01-02T00:00:00Z',
    );
    expect(code).to.equal(0);
    expect(stdout).to.match(/^No energy in this /);
  });

  it('lists the panels without a title, and needs no server for that', async () => {
    const { code, stdout } = await runEvida(['panel', '--json']);
    expect(code).to.equal(0);
    const listed = Listed.parse(JSON.parse(stdout));
    expect(listed.find((one) => one.panel === TITLE)).to.include({ sources: 'InfluxDB and Postgres' });
    expect((await runEvida(['panel'])).stdout).to.contain(TITLE);
  });

  it('refuses titles that fit none or several, and lists the several; it ends with 2', async () => {
    const [none, several, dashboard] = await Promise.all([
      runEvida(['panel', 'No such panel']),
      runEvida(['panel', 'e']),
      runEvida(['panel', TITLE, '--dashboard', 'nowhere']),
    ]);
    expect([none, several, dashboard].map(({ code }) => code)).to.deep.equal([2, 2, 2]);
    expect(none.stderr).to.contain('there is none whose title contains that');
    expect(several.stderr)
      .to.match(/there are \d+:\n/)
      .and.to.contain(TITLE);
    expect(dashboard.stderr).to.contain('there is no dashboard nowhere').and.to.contain('evida-');
  });

  it('refuses unknown variables, and times that are none; it ends with 2', async () => {
    const [unknown, valueless, time] = await Promise.all([
      panel(TITLE, '--var', 'colour=red'),
      panel(TITLE, '--var', 'colour'),
      panel(TITLE, '--from', 'yesterday'),
    ]);
    expect([unknown, valueless, time].map(({ code }) => code)).to.deep.equal([2, 2, 2]);
    expect(unknown.stderr).to.contain('there is no variable colour').and.to.contain('history_bucket');
    expect(time.stderr).to.contain('yesterday is no time');
  });

  it('ends with 69 when a server is away', async () => {
    const environment = world().environment({ INFLUX_URL: 'http://127.0.0.1:9' });
    const { code, stderr } = await runEvida(['panel', TITLE], environment);
    expect(code, stderr).to.equal(69);
    expect(stderr).to.contain('ECONNREFUSED');
  });

  it("asks with the reader's rights, where they are given", async () => {
    const environment = world().environment({ INFLUX_READER_TOKEN: 'a-reader-that-is-not-known' });
    const { code, stderr } = await runEvida(['panel', TITLE], environment);
    expect(code).to.equal(1);
    expect(stderr).to.contain('401').and.not.to.contain('a-reader-that-is-not-known');
    const database = world().environment({
      DATABASE_READER_URL: 'postgres://nobody:secret@127.0.0.1:9/evida',
    });
    expect((await runEvida(['panel', TITLE], database)).code).to.equal(69);
  });
});
