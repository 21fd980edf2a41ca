import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { until } from '../src/embedded/until.ts';
import { type RunningCommand, startEvida } from './fixture/command.ts';
import { processesUsing } from './fixture/processes.ts';

const Summary = z.object({
  versions: z.object({ influxdb: z.string(), postgres: z.string() }),
  boxes: z.number(),
  messages: z.number(),
  photographs: z.object({ total: z.number(), byReason: z.record(z.string(), z.number()) }),
  consumption: z.number(),
  tables: z.record(z.string(), z.number()),
  checksums: z.record(z.string(), z.string()),
  reconciliation: z.record(z.string(), z.number()),
  blobs: z.number(),
  backup: z.object({ result: z.object({ backup: z.number(), stored: z.number() }) }),
  rehearsal: z.object({ result: z.object({ equal: z.literal(true), values: z.number() }) }),
});

/** Those that the analysis is for. */
const TABLES = [
  'charging_session',
  'charging_event_day',
  'charging_event_week',
  'charging_box_analysis',
  'charging_pattern',
  'customer_month',
  'loyal_customers',
];
/** No server may be left so long after the demo is gone. */
const GONE_WITHIN_MS = 5000;
const LIVE_WITHIN_MS = 60_000;

describe('the demo', function () {
  this.timeout(240_000);
  const directories: string[] = [];

  afterEach(async () => {
    for (const directory of directories.splice(0)) {
      expect(await until(() => processesUsing(directory).length === 0, GONE_WITHIN_MS)).to.equal(true);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  async function newDirectory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'evida-demo-'));
    // Postgres of root's runs as another user, which must be able to pass through.
    await chmod(directory, 0o711);
    directories.push(directory);
    return directory;
  }
  const demo = (data: string, ...args: string[]) =>
    startEvida(['demo', '--data', data, '--boxes', '5', ...args]);
  const isLive = async ({ output }: RunningCommand) =>
    expect(await until(() => /messages\/s/.test(output().stdout), LIVE_WITHIN_MS), output().stderr).to.equal(
      true,
    );

  it('shows each reason but idle, and everything it did as one JSON object, asked from the servers', async () => {
    const args = ['demo', '--data', await newDirectory(), '--for', '45s', '--json'];
    const { code, stdout, stderr } = await startEvida(args).ended;
    expect(code, stderr).to.equal(0);
    const summary = Summary.parse(JSON.parse(stdout));
    expect(summary.versions.influxdb).to.equal('2.9.1');
    expect(summary.boxes).to.equal(20);
    expect(summary.messages).to.be.greaterThan(1000);
    expect(summary.consumption).to.be.greaterThan(0);
    const { byReason } = summary.photographs;
    expect(byReason).to.include.keys('first', 'status', 'change', 'draw', 'interval', 'reset');
    expect(summary.photographs.total).to.equal(
      Object.values(summary.photographs.byReason).reduce((sum, count) => sum + count, 0),
    );
    expect(summary.tables).to.have.all.keys(...TABLES);
    expect(summary.checksums).to.have.all.keys(...TABLES);
    for (const [table, rows] of Object.entries(summary.tables)) expect(rows, table).to.be.greaterThan(0);
    expect(summary.tables.charging_event_day).to.be.greaterThan(90);
    // The history bills what the registers have counted.
    expect(summary.reconciliation).to.have.property('agrees').greaterThan(1000);
    expect(summary.blobs).to.be.greaterThan(90);
    expect(summary.backup.result.backup).to.equal(1);
    expect(summary.rehearsal.result.values).to.be.greaterThan(1000);
  });

  it('leaves no server behind when it is killed, goes on with the same data, and stops on Ctrl-C', async () => {
    const directory = await newDirectory();
    const killed = demo(directory);
    await isLive(killed);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await until(() => processesUsing(directory).length === 0, GONE_WITHIN_MS)).to.equal(true);

    const next = demo(directory);
    await isLive(next);
    expect(next.output().stdout).not.to.contain('months of history');
    next.child.kill('SIGINT');
    const { code, stderr } = await next.ended;
    expect(code, stderr).to.equal(0);
    expect(processesUsing(directory)).to.deep.equal([]);
  });

  it('runs beside another one, but not in the same directory', async () => {
    const directory = await newDirectory();
    const [first, second] = [demo(directory), demo(await newDirectory(), '--seed', '2')];
    await Promise.all([isLive(first), isLive(second)]);
    const refused = await demo(directory).ended;
    expect(refused.code).to.equal(75);
    expect(refused.stderr).to.contain('in use by an Evida demo');
    for (const { child } of [first, second]) child.kill('SIGTERM');
    expect((await Promise.all([first.ended, second.ended])).map(({ code }) => code)).to.deep.equal([0, 0]);
  });
});
