import { RequestTimedOutError } from '@influxdata/influxdb-client';
import { expect } from 'chai';
import { z } from 'zod';
import { until } from '../src/embedded/until.ts';
import { connectInflux, type InfluxConnection } from '../src/influx/connect.ts';
import type { DeadPoint } from '../src/influx/deliver-batch.ts';
import { collectRows } from '../src/influx/query.ts';
import { Sender, type Sent } from '../src/influx/sender.ts';
import { systemTiming } from '../src/influx/timing.ts';
import { createWriteBatch, type WriteBatch } from '../src/influx/write-batch.ts';
import { WriteError } from '../src/influx/write-error.ts';
import { PointLog } from './fixture/point-log.ts';
import { type ScriptedAnswer, startScriptedInflux } from './fixture/scripted-influx.ts';
import { useWorld } from './fixture/world.ts';

const WITHIN_MS = 8000;
const NOW_MS = Date.UTC(2026, 10, 24, 12);
const DAY_MS = 86_400_000;
/** In a shard of its own, so that fields may have other types there. */
const MONTHS_AGO_MS = NOW_MS - 90 * DAY_MS;

const consumption = (n: number, atMs = NOW_MS + n, kwh: number | string = n / 8) =>
  `consumption,box=${1 + n},outlet=0 energy_kwh=${kwh} ${atMs}`;
const photograph = (n: number) => `photograph,box=${1 + n},outlet=0 status=1i,reason="first" ${NOW_MS + n}`;
const many = (count: number, make: (n: number) => string) => Array.from({ length: count }, (_, n) => make(n));

describe('Sender, on real connections', () => {
  const world = useWorld();
  let connection: InfluxConnection;
  let log: PointLog;
  let dead: DeadPoint[];
  let sent: Sent[];
  let sender: Sender;

  /** Starts a sender whose pauses are over at once. */
  const start = (
    wrap: (write: WriteBatch) => WriteBatch = (write) => write,
    url = world().servers.influx.url,
  ) => {
    const { org, adminToken: token } = world().servers.influx;
    connection = connectInflux({ url, token, timeoutMs: WITHIN_MS });
    log = new PointLog();
    dead = [];
    sent = [];
    sender = new Sender({
      source: log,
      write: wrap(createWriteBatch(connection.influx, org, 500)),
      buckets: world().buckets,
      onSent: (report) => void sent.push(report),
      onDead: (point) => Promise.resolve(void dead.push(point)),
      timing: { ...systemTiming, random: () => 0 },
      log: world().log,
    });
    void sender.run();
  };
  afterEach(async () => {
    await sender.stop(WITHIN_MS);
    connection.close();
  });

  const send = async (...lines: readonly string[]): Promise<void> => {
    log.append(...lines);
    const last = log.points.at(-1)?.sequence ?? 0;
    expect(await until(() => sender.stats.through >= last, WITHIN_MS), 'all are answered for').to.equal(true);
  };
  /** How many values a measurement has since yesterday. */
  const count = async (bucket: string, measurement: string): Promise<number> => {
    const from = new Date(NOW_MS - DAY_MS).toISOString();
    const flux = `from(bucket: "${bucket}") |> range(start: ${from}, stop: 2100-01-01T00:00:00Z)
      |> filter(fn: (r) => r._measurement == "${measurement}") |> group() |> count()`;
    const rows = await collectRows(world().queryFlux(flux, z.object({ _value: z.number() })));
    return rows[0]?._value ?? 0;
  };

  describe('with the real InfluxDB', () => {
    it('has a compressed backlog of several batches written, each point once', async () => {
      start();
      await send(...many(12_000, (n) => consumption(n, NOW_MS - 3_600_000 + n)));
      expect(await count(world().buckets.telemetry, 'consumption')).to.equal(12_000);
      expect(sent.reduce((sum, { written }) => sum + written, 0)).to.equal(12_000);
      expect(sender.stats.answers).to.deep.equal({ written: 6 });
    });

    it('names the days with points in write_log, as Flux reads it', async () => {
      start();
      await send(photograph(0), photograph(1), consumption(2, NOW_MS - 30 * DAY_MS));
      const Row = z.object({ measurement: z.string(), day: z.string(), _value: z.number() });
      const rows = await collectRows(
        world().queryFlux(
          `from(bucket: "${world().buckets.history}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)
            |> filter(fn: (r) => r._measurement == "write_log" and r._field == "points") |> last() |> group()
            |> sort(columns: ["measurement", "day"])`,
          Row,
        ),
      );
      expect(rows).to.deep.include({ measurement: 'photograph', day: '2026-11-24', _value: 2 });
      expect(rows).to.deep.include({ measurement: 'consumption', day: '2026-10-25', _value: 1 });
    });

    it('has what is repeated after a lost answer merge with what was written', async () => {
      const losing = new Set([1, 2, 4]);
      let requests = 0;
      start((write) => async (bucket, lines, signal) => {
        await write(bucket, lines, signal);
        if (losing.has(++requests)) throw new WriteError(new RequestTimedOutError(), 'writing');
      });
      const before = {
        meters: await count(world().buckets.telemetry, 'meter'),
        logs: await count(world().buckets.history, 'write_log'),
      };
      await send(...many(10, (n) => `meter,box=${n} voltage_v=230,energy_kwh=${n} ${NOW_MS}`));
      expect(sender.stats).to.deep.include({ retries: 3, written: 10 });
      expect(await count(world().buckets.telemetry, 'meter')).to.equal(before.meters + 20);
      expect(await count(world().buckets.history, 'write_log')).to.equal(before.logs + 1);
    });

    it('finds the one point of a type that its field does not have there, and writes the others', async () => {
      const { buckets, writeBatch } = world();
      await writeBatch(buckets.telemetry, [consumption(0, MONTHS_AGO_MS, '"text"')]);
      start();
      const before = await count(buckets.telemetry, 'consumption');
      const bad = consumption(700, MONTHS_AGO_MS + 1);
      await send(...many(1000, (n) => (n === 700 ? bad : consumption(n, NOW_MS + 60_000 + n))));
      expect(dead).to.have.length(1);
      expect(dead[0]).to.deep.include({ sequence: 701, line: bad, bucket: buckets.telemetry });
      expect(dead[0]?.reason).to.equal(
        'partial write: field type conflict: input field "energy_kwh" on measurement "consumption" is type float, already exists as type string',
      );
      expect(await count(buckets.telemetry, 'consumption')).to.equal(before + 999);
    });

    it('finds the lines that cannot be read, and writes the others', async () => {
      start();
      const { buckets } = world();
      const before = await count(buckets.telemetry, 'consumption');
      const bad = [consumption(3, NOW_MS + 120_000, ''), consumption(4, NOW_MS + 120_000, 'NaN')];
      await send(...many(100, (n) => bad[n - 3] ?? consumption(n, NOW_MS + 120_000)));
      expect(dead.map(({ line, reason }) => [line, reason])).to.deep.equal([
        [bad[0], 'unable to parse: missing field value'],
        [bad[1], 'unable to parse: invalid number'],
      ]);
      expect(await count(buckets.telemetry, 'consumption')).to.equal(before + 98);
    });

    it('is held by a bucket that does not exist, and goes on when it does', async () => {
      let bucket = 'nowhere';
      start((write) => (_, lines, signal) => write(bucket, lines, signal));
      log.append(photograph(9));
      expect(await until(() => sender.stats.state === 'held', WITHIN_MS)).to.equal(true);
      expect(sender.stats.lastError?.message).to.contain('bucket "nowhere" not found');
      bucket = world().buckets.history;
      sender.poke();
      expect(await until(() => sender.stats.written === 1, WITHIN_MS)).to.equal(true);
    });
  });

  it('comes through every answer that InfluxDB, or what stands before it, may give', async () => {
    const server = await startScriptedInflux();
    try {
      const busy = (retryAfter: string): ScriptedAnswer => ({
        status: 429,
        headers: { 'retry-after': retryAfter },
      });
      const inASecond = new Date(Date.now() + 1000).toUTCString();
      const unavailable = [500, 502, 503, 504].map((status) => ({ status }));
      server.answer(...unavailable, 'no answer', 'reset', 'reset in the answer', busy('1'), busy(inASecond));
      start(undefined, server.url);
      await send(photograph(1));
      const points = server.writes.map(({ lines: [point] }) => point);
      expect(points).to.deep.equal(Array(10).fill(photograph(1)));
      expect(sent).to.deep.equal([{ through: 1, written: 1, dead: 0 }]);
      expect(sender.stats.answers).to.deep.equal({
        '500': 1,
        '502': 1,
        '503': 1,
        '504': 1,
        '429': 2,
        timeout: 1,
        unreachable: 2,
        written: 1,
      });
    } finally {
      await sender.stop(WITHIN_MS);
      connection.close();
      await server.stop();
    }
  });

  it('leaves no connection open when it is stopped while InfluxDB does not answer', async () => {
    const server = await startScriptedInflux();
    try {
      server.answer('no answer', 'no answer');
      start(undefined, server.url);
      log.append(...many(6000, photograph));
      expect(await until(() => server.writes.length === 2, WITHIN_MS)).to.equal(true);
      await sender.stop(0);
      expect(sent).to.deep.equal([]);
      connection.close();
      expect(await until(() => server.openConnections === 0, WITHIN_MS)).to.equal(true);
    } finally {
      await server.stop();
    }
  });
});
