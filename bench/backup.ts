import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InfluxDB } from '@influxdata/influxdb-client';
import { z } from 'zod';
import { loadConfig } from '../src/config.ts';
import { startBlobStorage } from '../src/embedded/blob-storage.ts';
import { startInfluxDb } from '../src/embedded/influxdb.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { createBuckets } from '../src/influx/buckets.ts';
import { createWriteBatch, type WriteBatch } from '../src/influx/write-batch.ts';
import { createLog } from '../src/log.ts';
import { connectDatabase, type Database } from '../src/postgres/database.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { projectFile } from '../src/project-file.ts';
import { stopSignal } from '../src/stop-signal.ts';
import { endWith } from './end-with.ts';
import { machine } from './machine.ts';

const HELP = `npm run bench:backup -- [--points 10000000] [--rows 2000000] [--json]

Fills InfluxDB and Postgres on real, embedded servers (not timed), then runs evida's own commands on them, each in a process of its
own: a full backup, one after 1 % has changed, and a restore into an empty database and empty buckets. Prints seconds, points/s,
MB/s of what is stored (gzipped), and the most memory that each process took; beside it pg_dump -Fc of the same database, where
it is on PATH and not older than the server.
`;
const DAYS = 20;
const LINES_A_BATCH = 20_000;
const FIRST_DAY_MS = Date.UTC(2026, 8, 1);

const Backup = z.object({
  outcome: z.object({ result: z.object({ blobs: z.number(), stored: z.number(), bytes: z.number() }) }),
});
const Restore = z.object({ rows: z.number(), values: z.number() });

/** One command, in a process of its own. */
interface Measured<Result> {
  readonly seconds: number;
  readonly maxRssMb: number;
  readonly result: Result;
}

/** What a backup reads, and what it leaves in storage; a restore the other way round. */
interface Figures {
  readonly seconds: number;
  readonly points: number;
  readonly rows: number;
  readonly pointsPerSecond: number;
  /** Of what is stored, gzipped. */
  readonly mb: number;
  readonly mbPerSecond: number;
  readonly maxRssMb: number;
}

interface Report {
  readonly machine: ReturnType<typeof machine>;
  readonly full: Figures;
  readonly night: Figures;
  readonly restore: Figures;
  readonly pgDump: { readonly seconds: number; readonly mb: number } | null;
}

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '10000000' },
    rows: { type: 'string', default: '2000000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await main(Number(values.points), Number(values.rows), values.json);

async function main(points: number, rows: number, json: boolean): Promise<void> {
  const signal = stopSignal();
  const directory = await mkdtemp(join(tmpdir(), 'evida-bench-backup-'));
  await chmod(directory, 0o711);
  const blobs = await startBlobStorage({ dataDir: join(directory, 'blobs') });
  const influxDb = await startInfluxDb({ dataDir: join(directory, 'influx') });
  const postgres = await startPostgres({ dataDir: join(directory, 'postgres'), durable: false });
  const stopServers = endWith(signal, [blobs, influxDb, postgres]);
  const environment = {
    MQTT_URL: 'mqtt://127.0.0.1:9',
    INFLUX_URL: influxDb.url,
    INFLUX_ORG: influxDb.org,
    INFLUX_TOKEN: influxDb.adminToken,
    DATABASE_URL: postgres.adminUrl,
    EBOOST_API_URL: 'http://127.0.0.1:9',
    EBOOST_API_USERNAME: 'nobody',
    EBOOST_API_PASSWORD: 'nothing',
    EBOOST_DATABASE_URL: postgres.adminUrl,
    AZURE_STORAGE_CONNECTION_STRING: blobs.connectionString,
    DATA_DIR: join(directory, 'data'),
    LOG_LEVEL: 'error',
  };
  const config = loadConfig(environment, String);
  const database = connectDatabase(postgres.adminUrl, 'evida bench', createLog(config), undefined);
  try {
    await migrate(database, projectFile('sql'));
    const influx = new InfluxDB({ url: influxDb.url, token: influxDb.adminToken, timeout: 120_000 });
    await createBuckets(influx, config);
    const write = createWriteBatch(influx, influxDb.org, 120_000);
    await fillPoints(write, points);
    await fillRows(database, rows);
    const full = await backUp(environment);
    await fillPoints(write, Math.ceil(points / 100), 1);
    await database.query(
      `UPDATE eboost_transaction SET total_fee = total_fee + 1, updated_at = now() WHERE id % 100 = 0`,
    );
    const night = await backUp(environment);
    const restored = await evida(
      ['backup', 'restore'],
      await makeEmpty(database, influx, environment),
      Restore,
    );
    const changed = { points: Math.ceil(points / 100), rows: Math.floor(rows / 100) };
    const report: Report = {
      machine: machine(),
      full: figures(full, { points, rows }, full.result.bytes),
      night: figures(night, changed, night.result.bytes),
      restore: figures(
        restored,
        { points: restored.result.values, rows: restored.result.rows },
        full.result.bytes + night.result.bytes,
      ),
      pgDump: await pgDump(postgres.adminUrl, join(directory, 'dump')),
    };
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : inWords(report));
  } catch (error) {
    if (!signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    await database.end();
    await stopServers();
    await rm(directory, { recursive: true, force: true });
  }
}

/** An empty database and empty buckets beside those of an environment. Gives the environment of them. */
async function makeEmpty(
  database: Database,
  influx: InfluxDB,
  environment: Record<string, string>,
): Promise<Record<string, string>> {
  await database.query('CREATE DATABASE restored');
  const url = new URL(environment.DATABASE_URL ?? '');
  url.pathname = '/restored';
  const empty = {
    ...environment,
    DATABASE_URL: url.href,
    INFLUX_TELEMETRY_BUCKET: 'restored_telemetry',
    INFLUX_HISTORY_BUCKET: 'restored_history',
  };
  await createBuckets(influx, loadConfig(empty, String));
  return empty;
}

/** Registers of 1,000 outlets, over some days. @param offsetMs makes them other points */
async function fillPoints(write: WriteBatch, points: number, offsetMs = 0): Promise<void> {
  const stepMs = Math.floor((DAYS * 86_400_000) / Math.ceil(points / 1000));
  const days = offsetMs === 0 ? DAYS : 1;
  for (let from = 0; from < points; from += LINES_A_BATCH) {
    const lines: string[] = [];
    for (let index = from; index < Math.min(points, from + LINES_A_BATCH); index++) {
      const outlet = index % 1000;
      const timeMs = FIRST_DAY_MS + ((Math.floor(index / 1000) * stepMs) % (days * 86_400_000)) + offsetMs;
      lines.push(
        `consumption,box=${10 + Math.floor(outlet / 10)},outlet=${outlet % 10} energy_kwh=${(index * 0.0137).toFixed(4)} ${timeMs}`,
      );
    }
    await write('telemetry', lines);
  }
  const counted = Array.from({ length: days }, (_, day) => {
    const text = new Date(FIRST_DAY_MS + day * 86_400_000).toISOString().slice(0, 10);
    return `write_log,measurement=consumption,day=${text} points=${points}i ${Date.now()}`;
  });
  await write('history', counted);
}

async function fillRows(database: Database, rows: number): Promise<void> {
  await database.query(
    `INSERT INTO eboost_transaction (id, invoice_id, user_id, box_unique_id, outlet_unique_id, start_time, end_time,
                                     wattage_consumed, total_fee, paid, status, created_at, updated_at)
     SELECT id, 'INV-' || id, id % 50000, 'Ebox_' || id % 2000, 'Ebox_' || id % 2000 || '_' || id % 10, at, at + interval '1 hour',
            round((random() * 3)::numeric, 3), 1000 + id % 9000, true, true, at, at
       FROM generate_series(1, $1::bigint) AS id, LATERAL (SELECT timestamptz '2026-01-01' + id * interval '10 seconds' AS at) AS time`,
    [rows],
  );
}

async function backUp(environment: Record<string, string>): Promise<Measured<{ readonly bytes: number }>> {
  const { result, ...process } = await evida(['backup', 'run'], environment, Backup);
  return { ...process, result: result.outcome.result };
}

/** A command as a user gives it, in a process whose memory is watched. */
async function evida<Result>(
  args: readonly string[],
  environment: Record<string, string>,
  schema: z.ZodType<Result>,
): Promise<Measured<Result>> {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    ['--import=tsx', projectFile('bench', 'backup', 'measured-evida.ts'), ...args, '--json'],
    { env: { ...environment, PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`evida ${args.join(' ')} ended with ${code}: ${out}${err}`);
  const [text = '{}', rss = '0'] = out.trim().split('\n');
  return {
    seconds: round((performance.now() - startedAt) / 1000),
    maxRssMb: Number(rss),
    result: schema.parse(JSON.parse(text)),
  };
}

function figures(
  { seconds, maxRssMb }: Measured<unknown>,
  { points, rows }: Pick<Figures, 'points' | 'rows'>,
  bytes: number,
): Figures {
  const mb = round(bytes / 1e6);
  const [pointsPerSecond, mbPerSecond] = [Math.round(points / seconds), round(mb / seconds)];
  return { seconds, points, rows, pointsPerSecond, mb, mbPerSecond, maxRssMb };
}

async function pgDump(url: string, file: string): Promise<{ seconds: number; mb: number } | null> {
  const startedAt = performance.now();
  const { error, status } = spawnSync('pg_dump', ['-Fc', '-f', file, url]);
  if (error !== undefined || status !== 0) return null;
  return { seconds: round((performance.now() - startedAt) / 1000), mb: round((await stat(file)).size / 1e6) };
}

function inWords({ machine: { cpu, cores, node }, full, night, restore, pgDump: dump }: Report): string {
  const line = (
    what: string,
    { seconds, points, rows, pointsPerSecond, mb, mbPerSecond, maxRssMb }: Figures,
  ) =>
    `${what.padEnd(22)}${String(seconds).padStart(8)} s  ${points} points, ${rows} rows: ${pointsPerSecond} points/s; ` +
    `${mb} MB stored, ${mbPerSecond} MB/s; ${maxRssMb} MB of memory at most\n`;
  return [
    line('full backup', full),
    line('after 1 % has changed', night),
    line('restore of both', restore),
    dump === null
      ? 'pg_dump is not on PATH, or is older than the server\n'
      : `pg_dump -Fc           ${String(dump.seconds).padStart(8)} s  ${dump.mb} MB, the rows alone\n`,
    `${cpu}, ${cores} cores for all of it, Node.js ${node}\n`,
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
