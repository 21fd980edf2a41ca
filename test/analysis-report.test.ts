import { BlobServiceClient } from '@azure/storage-blob';
import { expect } from 'chai';
import { DEFAULT_DEFINITIONS } from '../src/services/analysis/definitions.ts';
import { runAnalysis } from '../src/services/analysis/run-analysis.ts';
import { clock, createEboost, insertTransactions, photographLines } from './fixture/analysis.ts';
import { runEvida } from './fixture/command.ts';
import { useWorld } from './fixture/world.ts';

const at = clock('+07:00');

describe('the report of a month', function () {
  this.timeout(60_000);
  const world = useWorld();

  const analyseWithReports = (now: string) => {
    const { database, eboost, queryFlux, buckets, servers, config } = world();
    return runAnalysis({
      database,
      eboost,
      queryFlux,
      historyBucket: buckets.history,
      reports: { connectionString: servers.blobs.connectionString, container: config().BACKUP_CONTAINER },
      timeZone: DEFAULT_DEFINITIONS.TIME_ZONE,
      now: () => Date.parse(now),
      signal: new AbortController().signal,
    });
  };
  const container = () =>
    BlobServiceClient.fromConnectionString(world().servers.blobs.connectionString).getContainerClient(
      world().config().BACKUP_CONTAINER,
    );
  async function blobs(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of container().listBlobsFlat()) names.push(name);
    return names;
  }
  const report = async (...args: string[]) => {
    const { code, stdout, stderr } = await runEvida(
      ['report', '--month', '2026-09', ...args],
      world().environment(),
    );
    expect(code, stderr).to.equal(0);
    return stdout;
  };

  before(async () => {
    await createEboost(world(), [12, 13]);
    await world().eboost.query(`UPDATE boxes SET name = '=1+1, "<b>"', updated_at = now() WHERE id = 13`);
    await insertTransactions(
      world(),
      at,
      `
      id user box start            end              kwh fee
      1  1    12  2026-08-02T10:00 2026-08-02T11:00 1   4000
      2  1    12  2026-09-02T10:00 2026-09-02T11:00 2   8000
      3  2    13  2026-09-03T10:00 2026-09-03T11:00 1   4000`,
    );
    await world().writeBatch(
      world().buckets.history,
      photographLines(
        at,
        `
        box outlet at               status kwh
        12  0      2026-09-02T10:00 2      0
        12  0      2026-09-02T11:00 0      2`,
      ),
    );
    await analyseWithReports(at('2026-09-30T23:00'));
  });

  it('is written to blob storage when the month is over, and again when its numbers have changed', async () => {
    expect(await blobs()).to.deep.equal([
      'reports/2026-08.csv',
      'reports/2026-08.html',
      'reports/2026-08.json',
    ]);
    await analyseWithReports(at('2026-10-01T00:00'));
    expect(await blobs()).to.include('reports/2026-09.html');
    await insertTransactions(
      world(),
      at,
      `
      id user box start            end              kwh fee  updated
      2  1    12  2026-09-02T10:00 2026-09-02T11:00 2   9000 2026-10-01T00:30`,
    );
    await analyseWithReports(at('2026-10-01T01:00'));
    const blob = await container().getBlobClient('reports/2026-09.json').downloadToBuffer();
    expect(JSON.parse(blob.toString()).totals).to.include({ revenue: 13_000, events: 2 });
  });

  it('tells the month beside the one before, as JSON', async () => {
    const { totals, before, days, hours, reconciliation, customers } = JSON.parse(await report());
    expect(totals).to.include({
      month: '2026-09-01',
      events: 2,
      customers: 2,
      billedKwh: 3,
      meteredKwh: 2,
      revenue: 13_000,
    });
    expect(before).to.include({ month: '2026-08-01', events: 1, revenue: 4000 });
    expect(days).to.have.length(30);
    expect(days[1]).to.deep.equal({
      day: '2026-09-02',
      events: 1,
      billedKwh: 2,
      meteredKwh: 2,
      revenue: 9000,
    });
    expect(hours).to.have.length(24);
    expect(hours[10]).to.deep.equal({ hour: 10, events: 2, drawnKwh: 2 });
    expect(reconciliation).to.deep.equal([
      { verdict: 'agrees', events: 1, billedKwh: 2, meteredKwh: 2 },
      { verdict: 'not metered', events: 1, billedKwh: 1, meteredKwh: 0 },
    ]);
    expect(customers.map(({ state }: { state: string }) => state)).to.deep.equal(['new', 'steady']);
  });

  it('may be of one box or one district', async () => {
    const box = JSON.parse(await report('--box', '12'));
    expect(box.totals).to.include({ events: 1, revenue: 9000 });
    expect(box.customers).to.deep.equal([]);
    const district = JSON.parse(await report('--district', 'District 1'));
    expect(district.boxes.map(({ box }: { box: number }) => box)).to.deep.equal([13]);
    expect(district.totals).to.include({ events: 1, customers: 1, revenue: 4000 });
  });

  it('as CSV is a line a box, in which no name is a formula', async () => {
    expect((await report('--format', 'csv')).split('\r\n').slice(0, 3)).to.deep.equal([
      'month,box,name,district,customers,charging_events,billed_kwh,revenue,activation_fee,discount,online_share,charging_hours,online_outlet_hours,utilization,utilization_by_events',
      '2026-09,12,box 12,District 0,1,1,2,9000,0,0,1,1,686,0.0014577259475218659,2.5',
      `2026-09,13,"'=1+1, ""<b>""",District 1,1,1,1,4000,0,0,,0,0,,2.5`,
    ]);
  });

  it('as HTML is one page without scripts, with charts inline and names escaped', async () => {
    const page = await report('--format', 'html');
    expect(page).to.contain('<title>Charging in 2026-09</title>').and.to.contain('13,000');
    expect(page.match(/<svg /g)).to.have.length(3);
    expect(page).to.contain('&#60;b&#62;');
    expect(page).not.to.match(/<script|<b>|https?:\/\/(?!www\.w3\.org)/);
  });
});
