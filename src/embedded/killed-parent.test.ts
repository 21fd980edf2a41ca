import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startBlobStorage } from './blob-storage.ts';
import { startInfluxDb } from './influxdb.ts';
import { startPostgres } from './postgres.ts';
import { until } from './until.ts';

describe('a parent that is killed', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evida-killed-'));
    await chmod(directory, 0o711);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const dataDirs = () => ({
    influx: { dataDir: join(directory, 'influxdb') },
    postgres: { dataDir: join(directory, 'postgres') },
    blobs: { dataDir: join(directory, 'blobs') },
  });

  /** The processes of this test: each server has the directory on its command line. */
  async function running(): Promise<string[]> {
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=']);
    return stdout.split('\n').filter((line) => line.includes(directory) && !line.includes('--input-type'));
  }

  it('leaves no server behind, and the next one starts at once on the same data', async () => {
    const parent = spawn(
      process.execPath,
      ['--import=tsx', '--input-type=module', '-e', parentScript(dataDirs())],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(parent.stdout, 'data');
    expect(await running()).to.have.length(3);
    parent.kill('SIGKILL');
    await once(parent, 'exit');

    const { influx, postgres, blobs } = dataDirs();
    const parts = await Promise.all([
      startInfluxDb(influx),
      startPostgres(postgres),
      startBlobStorage(blobs),
    ]);
    await Promise.all(parts.map((part) => part.stop()));
    expect(await until(async () => (await running()).length === 0, 5_000)).to.equal(true);
  });
});

function parentScript({ influx, postgres, blobs }: Readonly<Record<string, { dataDir: string }>>): string {
  const from = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  return `
    import { startBlobStorage } from ${from('./blob-storage.ts')};
    import { startInfluxDb } from ${from('./influxdb.ts')};
    import { startPostgres } from ${from('./postgres.ts')};
    await Promise.all([
      startInfluxDb(${JSON.stringify(influx)}),
      startPostgres(${JSON.stringify(postgres)}),
      startBlobStorage(${JSON.stringify(blobs)}),
    ]);
    console.log('started');
  `;
}
