import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stopSignal } from '../src/stop-signal.ts';
import { TcpProxy } from '../test/faults/tcp-proxy.ts';
import { AcknowledgementTap } from './ingest/acknowledgement-tap.ts';
import { EvidaSubject } from './ingest/evida-subject.ts';
import { type Latencies, TIMED_BOX, TIMED_TOPIC, timeLatencies } from './ingest/latency.ts';
import { type OutageFigures, takeInfluxAway } from './ingest/outage.ts';
import { PublisherProcess } from './ingest/publisher-process.ts';
import { type Figures, saturate } from './ingest/saturate.ts';
import { openStage, type Stage } from './ingest/stage.ts';
import { findOrBuildTelegraf, type Telegraf } from './ingest/telegraf-binary.ts';
import { startTelegraf } from './ingest/telegraf-subject.ts';
import { machine } from './machine.ts';

const STEADY_PER_SECOND = 10_000;
/** More than anybody has taken here, with what the warm-up takes. */
const MOST_PER_SECOND = 80_000;
const WARM_UP_S = 10;
const LATENCY_S = 15;

const HELP = `npm run bench:ingest -- [--boxes 10000] [--seconds 30] [--outage 0] [--json]

Mosquitto, a simulated fleet, Evida and InfluxDB on this machine, QoS 1. Prints
- how many messages a second Evida takes from publish to confirmed in InfluxDB, at what cost of processor and memory, and
  the same of Telegraf, which stores what came as text (on PATH, or built once where Go is; else it is left out);
- at ${STEADY_PER_SECOND} messages a second: how long a message takes until Evida acknowledges it, and a change of status until it
  can be queried, without the time of settling;
- with --outage N (60 or more: registers are recorded once a minute): how fast it catches up when InfluxDB was away for N
  seconds at that rate.
`;

interface EvidaFigures extends Figures {
  readonly latencies: Latencies;
  readonly outage?: OutageFigures;
}

interface Run {
  readonly root: string;
  readonly boxes: number;
  readonly seconds: number;
  readonly outageSeconds: number;
  readonly publisher: PublisherProcess;
  readonly signal: AbortSignal;
}

async function measureEvida(run: Run): Promise<EvidaFigures> {
  const { boxes, seconds, outageSeconds, publisher, signal } = run;
  const stage = await openStage(join(run.root, 'evida'), say);
  const evida = await EvidaSubject.open(stage, boxes, [TIMED_BOX]);
  const { port } = new URL(stage.broker.url);
  const tap = await AcknowledgementTap.open(Number(port), TIMED_TOPIC);
  const influx = await TcpProxy.open(() => Number(new URL(stage.influx.url).port));
  try {
    say(`Evida listens to ${boxes} boxes ...`);
    await evida.start();
    say(`... and takes as much as it can for ${seconds} s`);
    const figures = await saturate(evida, publisher, stage.broker, seconds, signal);
    // The same log and the same session, with ears on both sides of it.
    await evida.process.stop();
    await evida.start({
      MQTT_URL: `mqtt://127.0.0.1:${tap.port}`,
      INFLUX_URL: `http://127.0.0.1:${influx.port}`,
    });
    const { username, password } = stage.broker;
    await publisher.begin({
      ...{ port: Number(port), username, password, perSecond: STEADY_PER_SECOND, rewinds: false },
    });
    publisher.allow(Number.MAX_SAFE_INTEGER);
    say(`Single messages are timed for ${LATENCY_S} s at ${STEADY_PER_SECOND} messages/s`);
    const latencies = await timeLatencies(stage, tap, LATENCY_S, signal);
    if (outageSeconds === 0) return { ...figures, latencies };
    say(`InfluxDB is away for ${outageSeconds} s at ${STEADY_PER_SECOND} messages/s`);
    const outage = await takeInfluxAway(evida, influx, outageSeconds, STEADY_PER_SECOND, signal);
    return { ...figures, latencies, outage };
  } finally {
    await publisher.end().catch(() => undefined);
    await evida.stop();
    await Promise.all([tap.close(), influx.close()]);
    await stage.stop();
  }
}

async function measureTelegraf({ command }: Telegraf, run: Run): Promise<Figures> {
  const stage: Stage = await openStage(join(run.root, 'telegraf'), say);
  const telegraf = await startTelegraf(command, stage.directory, stage.broker, stage.influx);
  try {
    say(`Telegraf takes as much as it can for ${run.seconds} s`);
    return await saturate(telegraf, run.publisher, stage.broker, run.seconds, run.signal);
  } finally {
    await telegraf.stop();
    await stage.stop();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const { values } = parseArgs({
  options: {
    boxes: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
    outage: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const [boxes, seconds, outageSeconds] = [values.boxes, values.seconds, values.outage].map(Number);
  if (
    !(boxes && boxes >= 1 && seconds && seconds >= 1) ||
    outageSeconds === undefined ||
    !(outageSeconds >= 0)
  ) {
    process.stderr.write(HELP);
    return 2;
  }
  const signal = stopSignal();
  const root = await mkdtemp(join(tmpdir(), 'evida-ingest-'));
  const publisher = new PublisherProcess((made) => say(`${made} messages are made`));
  // Whoever waits for the publisher hears of Ctrl-C by its end.
  signal.addEventListener('abort', () => publisher.kill(), { once: true });
  try {
    const telegraf = await findOrBuildTelegraf(say, signal);
    await publisher.make(boxes, 1, (WARM_UP_S + seconds) * MOST_PER_SECOND);
    const run: Run = { root, boxes, seconds, outageSeconds, publisher, signal };
    const ofTelegraf = telegraf && (await measureTelegraf(telegraf, run));
    const ofEvida = await measureEvida(run);
    tell(ofEvida, ofTelegraf, telegraf, boxes);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return 130;
  } finally {
    publisher.kill();
    await rm(root, { recursive: true, force: true });
  }
}

function tell(
  evida: EvidaFigures,
  telegraf: Figures | undefined,
  { version }: Partial<Telegraf> = {},
  boxes: number,
): void {
  const result = {
    ...evida,
    boxes,
    telegraf: telegraf === undefined ? null : { ...telegraf, version },
    machine: machine(),
  };
  if (values.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const row = (name: string, { messagesPerSecond, cpuUsPerMessage, rssMb }: Figures) =>
    `${name.padEnd(10)} ${String(messagesPerSecond).padStart(7)} messages/s ${String(cpuUsPerMessage).padStart(6)} us CPU a message ${String(rssMb).padStart(5)} MB\n`;
  const { acknowledgedMs, queryableMs } = evida.latencies;
  process.stdout.write(`${boxes} boxes, QoS 1, from publish to confirmed in InfluxDB\n`);
  process.stdout.write(row('Evida', evida));
  if (telegraf !== undefined) process.stdout.write(row('Telegraf', telegraf));
  process.stdout.write(
    `at ${STEADY_PER_SECOND} messages/s: acknowledged after ${acknowledgedMs.p50} ms (p99 ${acknowledgedMs.p99}), ` +
      `a change of status queryable after ${queryableMs.p50} ms (p99 ${queryableMs.p99}) and settling\n`,
  );
  if (evida.outage !== undefined) {
    const { seconds, points, drainSeconds, drainRatio, rssMb } = evida.outage;
    process.stdout.write(
      `InfluxDB away for ${seconds} s: ${points} points waited, drained in ${drainSeconds} s at ${drainRatio} times what came; ${rssMb} MB\n`,
    );
  }
  const { cpu, cores, node } = result.machine;
  if (version !== undefined) process.stdout.write(`${version}\n`);
  process.stdout.write(`${cpu}, ${cores} cores for all of it, Node.js ${node}\n`);
}
