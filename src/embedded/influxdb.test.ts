import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type InfluxDbPart, startInfluxDb } from './influxdb.ts';

describe('startInfluxDb', () => {
  let dataDir: string;
  let influx: InfluxDbPart;

  before(async function () {
    // The first time on a machine it may have to be built.
    this.timeout(15 * 60_000);
    dataDir = join(await mkdtemp(join(tmpdir(), 'evida-influxdb-')), 'data');
    influx = await startInfluxDb({ dataDir });
  });

  after(async () => {
    await influx.stop();
    await rm(join(dataDir, '..'), { recursive: true, force: true });
  });

  const buckets = (token: string) =>
    fetch(`${influx.url}/api/v2/buckets?org=${influx.org}`, { headers: { authorization: `Token ${token}` } });

  it('says which version runs, and where', () => {
    expect(influx.version).to.match(/^2\.\d+\.\d+$|^dev$/);
    expect(influx.address)
      .to.equal(influx.url)
      .and.match(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('lets in its own token, and no other', async () => {
    expect((await buckets(influx.adminToken)).status).to.equal(200);
    expect((await buckets('my-token')).status).to.equal(401);
  });

  it('keeps its data, its secrets and its log from other users', async () => {
    expect((await stat(dataDir)).mode & 0o077).to.equal(0);
    for (const file of ['secrets.json', 'influxd.log']) {
      expect((await stat(join(dataDir, file))).mode & 0o077, file).to.equal(0);
    }
    expect(await readFile(join(dataDir, 'influxd.log'), 'utf8')).not.to.contain(influx.adminToken);
  });

  it('is the same after a restart', async () => {
    const before = influx.adminToken;
    const wrote = await fetch(`${influx.url}/api/v2/write?org=${influx.org}&bucket=setup&precision=s`, {
      method: 'POST',
      headers: { authorization: `Token ${before}` },
      body: `kept value=42 ${Math.floor(Date.now() / 1000)}`,
    });
    expect(wrote.status).to.equal(204);
    await influx.stop();
    influx = await startInfluxDb({ dataDir });

    expect(influx.adminToken).to.equal(before);
    const answer = await fetch(`${influx.url}/api/v2/query?org=${influx.org}`, {
      method: 'POST',
      headers: { authorization: `Token ${before}`, 'content-type': 'application/vnd.flux' },
      body: 'from(bucket: "setup") |> range(start: -1h) |> keep(columns: ["_value"])',
    });
    expect(await answer.text()).to.contain('42');
  });
});
