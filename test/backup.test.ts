import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';
import { expect } from 'chai';
import { toLine } from '../src/influx/line-protocol.ts';
import { openContainer } from '../src/services/backup/container.ts';
import { runBackup } from '../src/services/backup/run-backup.ts';
import { useWorld } from './fixture/world.ts';

describe('backup, to blob storage', function () {
  this.timeout(20_000);
  const world = useWorld();
  let container: ContainerClient;

  before(async () => {
    const { servers, database, buckets, writeBatch, config } = world();
    container = await openContainer(servers.blobs.connectionString, config().BACKUP_CONTAINER);
    await database.query(
      `INSERT INTO charging_event_day VALUES (12, '2026-10-02', 2, 2, 0.4, 0.5, 1650, 500, 100)`,
    );
    await writeBatch(buckets.history, LINES);
  });

  const point = (time: string, outlet: number, currentA: number | undefined, reset?: true) =>
    toLine({
      measurement: 'photograph',
      tags: { box: 12, outlet },
      fields: { status: 2, current_a: currentA, reason: 'change', register_reset: reset },
      timeMs: Date.parse(time),
    });
  const LINES = [
    point('2026-10-01T23:59:59.999Z', 0, 5),
    point('2026-10-02T00:00:00.000Z', 3, 5.25),
    point('2026-10-02T00:00:00.000Z', 4, undefined, true),
  ];

  const { signal } = new AbortController();
  const backUp = () => {
    const { database, queryFlux, buckets, config } = world();
    const workDirectory = join(config().DATA_DIR, 'backup');
    return runBackup({
      database,
      queryFlux,
      historyBucket: buckets.history,
      container,
      workDirectory,
      now: Date.now,
      signal,
    });
  };
  async function blobs(): Promise<Record<string, string>> {
    const contents: Record<string, string> = {};
    for await (const { name } of container.listBlobsFlat()) {
      contents[name.replace(/[0-9a-f]{64}/, '<hash>')] = gunzipSync(
        await container.getBlobClient(name).downloadToBuffer(),
      ).toString();
    }
    return contents;
  }

  it('stores the table as CSV, and the photographs of each day as the lines that were written', async () => {
    expect(await backUp()).to.deep.equal({ blobs: 3, stored: 3 });
    expect(await blobs()).to.deep.equal({
      'postgres/charging_event_day/<hash>.csv.gz': [
        'box,day,charging_events,customers,billed_kwh,drawn_kwh,revenue,activation_fee,discount,metered_kwh,metered_minus_billed_kwh,charging_minutes,peak_power_w,most_charging',
        '12,2026-10-02,2,2,0.4,0.5,1650,500,100,0,0,0,,0',
        '',
      ].join('\n'),
      'influx/history/photograph/2026-10-01/<hash>.lp.gz': `${LINES[0]}\n`,
      'influx/history/photograph/2026-10-02/<hash>.lp.gz': `${LINES[1]}\n${LINES[2]}\n`,
    });
  });

  it('stores nothing twice', async () => {
    expect(await backUp()).to.deep.equal({ blobs: 3, stored: 0 });
  });

  it('stores a day again when points came late', async () => {
    await world().writeBatch(world().buckets.history, [point('2026-10-01T12:00:00Z', 9, 1)]);
    expect(await backUp()).to.deep.equal({ blobs: 3, stored: 1 });
  });
});
