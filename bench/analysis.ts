import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InfluxDB } from '@influxdata/influxdb-client';
import pg from 'pg';
import { z } from 'zod';
import { startInfluxDb } from '../src/embedded/influxdb.ts';
import { startPostgres } from '../src/embedded/postgres.ts';
import { createBuckets } from '../src/influx/buckets.ts';
import { toLine } from '../src/influx/line-protocol.ts';
import { createWriteBatch } from '../src/influx/write-batch.ts';
import { projectFile } from '../src/project-file.ts';
import { stopSignal } from '../src/stop-signal.ts';
import { change, fillEboost, writePhotographs } from './analysis/fill.ts';
import { NOW_MS, PHOTOGRAPHS_A_SESSION, type Sizes } from './analysis/sizes.ts';
import { endWith } from './end-with.ts';
import { machine } from './machine.ts';

const HELP = `npm run bench:analysis -- [--transactions 1000000] [--boxes 2000] [--customers 50000] [--months 24] [--plans] [--json]

Fills an Eboost database and InfluxDB (five photographs a transaction; not timed), and runs the analysis on real servers, in a
process of its own: from nothing, then all tables again by force, then an hourly run with 500 changed rows, of which 60 are new,
with their photographs, and the others corrected. Prints the time of each part and the most memory that the process took; --plans, also the plans of statements that
took longer than 200 ms.
`;
const SLOW_MS = 200;
const CHANGED = 500;
const NEW = 60;
const HOUR_MS = 3_600_000;
const TABLES = [
  'judged-transaction',
  'transaction-match',
  'charging-event-day',
  'charging-event-week',
  'charging-box-analysis',
  'charging-pattern',
  'customer-month',
  'loyal-customers',
];

const Run = z.object({
  durationMs: z.number(),
  maxRssMb: z.number(),
  steps: z.array(
    z.object({
      kind: z.string(),
      job: z.string(),
      period: z.string(),
      rows: z.number().optional(),
      durationMs: z.number().optional(),
    }),
  ),
  plans: z.array(z.object({ ms: z.number(), plan: z.string() })),
});
type Run = z.output<typeof Run>;

/** Seconds by part of a run. */
function partsOf({ steps }: Run): Record<string, { seconds: number; rows: number; periods: number }> {
  const parts: Record<string, { seconds: number; rows: number; periods: number }> = {};
  for (const { job, rows = 0, durationMs = 0 } of steps) {
    const part = parts[job] ?? { seconds: 0, rows: 0, periods: 0 };
    parts[job] = {
      seconds: round(part.seconds + durationMs / 1000),
      rows: part.rows + rows,
      periods: part.periods + 1,
    };
  }
  return parts;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

async function run(environment: Record<string, string>, options: object): Promise<Run> {
  const script = projectFile('bench', 'analysis', 'run-process.ts');
  const args = ['--import=tsx', script, JSON.stringify(options)];
  const child = spawn(process.execPath, args, {
    env: { ...environment, PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the analysis ended with ${code}`);
  return Run.parse(JSON.parse(text));
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** Most are of the last day; a tenth, of the last week. */
function corrected(last: number, { transactions, months }: Sizes): number[] {
  const aWeek = (transactions * 12 * 7) / (365.25 * months);
  return numbers(0, CHANGED - NEW - 1).map((index) =>
    Math.max(1, last - (index % 10 === 0 ? CHANGED + Math.floor((aWeek * index) / CHANGED) : index)),
  );
}

/** What the sender notes when it has written photographs of the last day. */
function photographsWritten(timeMs: number): string {
  const day = new Date(NOW_MS).toISOString().slice(0, 10);
  return toLine({
    measurement: 'write_log',
    tags: { measurement: 'photograph', day },
    fields: { points: 300 },
    timeMs,
  });
}

async function measure(sizes: Sizes, say: (line: string) => void, signal: AbortSignal) {
  const directory = await mkdtemp(join(tmpdir(), 'evida-bench-'));
  // Postgres of root's runs as another user, which must be able to pass through.
  await chmod(directory, 0o711);
  const influx = await startInfluxDb({ dataDir: join(directory, 'influxdb'), onProgress: say });
  const postgres = await startPostgres({ dataDir: join(directory, 'postgres'), durable: true });
  const stopServers = endWith(signal, [postgres, influx]);
  try {
    const admin = new pg.Client(postgres.adminUrl);
    await admin.connect();
    for (const name of ['evida', 'eboost']) await admin.query(`CREATE DATABASE ${name}`);
    await admin.query(`ALTER DATABASE evida SET session_preload_libraries = 'auto_explain'`);
    await admin.query(`ALTER DATABASE evida SET auto_explain.log_min_duration = ${SLOW_MS}`);
    await admin.query(`ALTER DATABASE evida SET auto_explain.log_level = 'notice'`);
    await admin.end();
    const environment = {
      MQTT_URL: 'mqtt://127.0.0.1:9',
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: influx.adminToken,
      DATABASE_URL: postgres.databaseUrl('evida'),
      EBOOST_DATABASE_URL: postgres.databaseUrl('eboost'),
      EBOOST_API_URL: 'http://127.0.0.1:9',
      EBOOST_API_USERNAME: 'nobody',
      EBOOST_API_PASSWORD: 'nothing',
      AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
      LOG_LEVEL: 'error',
    };
    const client = new InfluxDB({ url: influx.url, token: influx.adminToken, timeout: 120_000 });
    const write = createWriteBatch(client, influx.org);
    await createBuckets(client, {
      INFLUX_ORG: influx.org,
      INFLUX_TELEMETRY_BUCKET: 'telemetry',
      INFLUX_TELEMETRY_RETENTION: 0,
      INFLUX_HISTORY_BUCKET: 'history',
    });
    say(
      `filling: ${sizes.transactions} transactions, ${sizes.transactions * PHOTOGRAPHS_A_SESSION} photographs`,
    );
    const last = sizes.transactions - NEW;
    await fillEboost(environment.EBOOST_DATABASE_URL, last, sizes);
    const photographs = await writePhotographs(write, 'history', numbers(1, last), sizes);
    const before = { nowMs: NOW_MS - HOUR_MS };
    await write('history', [photographsWritten(before.nowMs)]);
    say('the first run, from nothing');
    const first = await run(environment, before);
    say('all tables again');
    const days = { fromDay: '2000-01-01', toDay: '2027-01-01' };
    const rebuild = { durationMs: 0, maxRssMb: 0, steps: [], plans: [] } as Run;
    for (const job of TABLES) {
      const part = await run(environment, {
        ...before,
        job,
        force: true,
        days: { ...days, fromDay: '2024-10-01', toDay: '2026-11-01' },
      });
      rebuild.durationMs += part.durationMs;
      rebuild.maxRssMb = Math.max(rebuild.maxRssMb, part.maxRssMb);
      rebuild.steps.push(...part.steps.filter((step) => step.job === job));
      rebuild.plans.push(...part.plans);
    }
    await run(environment, before);
    say('an hourly run');
    const fresh = numbers(last + 1, last + NEW);
    await change(environment.EBOOST_DATABASE_URL, [...fresh, ...corrected(last, sizes)], sizes);
    await writePhotographs(write, 'history', fresh, sizes);
    await write('history', [photographsWritten(NOW_MS)]);
    const hourly = await run(environment, { nowMs: NOW_MS });
    return { sizes, photographs, first, rebuild, hourly };
  } finally {
    await stopServers();
    await rm(directory, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '1000000' },
    boxes: { type: 'string', default: '2000' },
    customers: { type: 'string', default: '50000' },
    months: { type: 'string', default: '24' },
    plans: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const sizes: Sizes = {
  transactions: Number(values.transactions),
  boxes: Number(values.boxes),
  customers: Number(values.customers),
  months: Number(values.months),
};
if (values.help || !Object.values(sizes).every((size) => size >= 1)) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}
const say = (line: string) => void process.stderr.write(`${line}\n`);
const signal = stopSignal();
const { photographs, ...runs } = await measure(sizes, say, signal).catch((error: unknown) => {
  if (signal.aborted) process.exit(130);
  throw error;
});
const figures = Object.fromEntries(
  (['first', 'rebuild', 'hourly'] as const).map((name) => [
    name,
    {
      seconds: round(runs[name].durationMs / 1000),
      maxRssMb: Math.round(runs[name].maxRssMb),
      parts: partsOf(runs[name]),
    },
  ]),
);
if (values.json) {
  process.stdout.write(`${JSON.stringify({ sizes, photographs, ...figures, machine: machine() })}\n`);
} else {
  const titles = {
    first: 'from nothing',
    rebuild: 'all tables again',
    hourly: 'an hourly run, 500 changed rows',
  };
  for (const [name, title] of Object.entries(titles)) {
    const figure = figures[name];
    process.stdout.write(`\n${title}: ${figure?.seconds} s, at most ${figure?.maxRssMb} MB\n`);
    for (const [job, { seconds, rows, periods }] of Object.entries(figure?.parts ?? {}))
      process.stdout.write(
        `  ${job.padEnd(24)} ${seconds.toFixed(2).padStart(8)} s ${String(rows).padStart(10)} rows ${String(periods).padStart(4)} periods\n`,
      );
  }
  const { cpu, cores, node } = machine();
  process.stdout.write(`\n${photographs} photographs; ${cpu}, ${cores} cores, Node.js ${node}\n`);
}
if (values.plans)
  for (const { ms, plan } of [...runs.first.plans, ...runs.hourly.plans].sort((a, b) => b.ms - a.ms))
    process.stderr.write(`\n${Math.round(ms)} ms\n${plan}\n`);
