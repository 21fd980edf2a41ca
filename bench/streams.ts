import { parseArgs } from 'node:util';
import { merge, type Observable, Subject, share } from 'rxjs';
import { simulateFleet } from '../src/embedded/fleet/simulate-fleet.ts';
import { decodeMessage } from '../streams/decode-message.ts';
import type { Message } from '../streams/message.ts';
import type { PhotographRules } from '../streams/photograph.ts';
import { sampleUtilization } from '../streams/sample-utilization.ts';
import { selectReadings } from '../streams/select-readings.ts';
import { settlePhotograph } from '../streams/settle-photograph.ts';
import { StreamScheduler } from '../streams/stream-scheduler.ts';
import { toPhotographPoint } from '../streams/to-photograph-point.ts';
import { toUtilizationPoint } from '../streams/to-utilization-point.ts';
import { watchConnection } from '../streams/watch-connection.ts';
import { groupByPhotographs } from './group-by-peer.ts';
import { machine } from './machine.ts';

const HELP = `npm run bench:streams -- [--boxes 10000] [--messages 3000000] [--json]

Decodes the messages of a simulated fleet and runs them through the photograph, connection and utilization pipelines, on
one core, in virtual time; then the heart of the photograph pipeline as written with groupBy and debounceTime. Making the
messages is not timed. Prints time a message, and the heap of all state.
`;

const RULES: PhotographRules = {
  currentDeadbandMa: 1000,
  powerFactorDeadband: 10,
  voltageDeadbandV: 10,
  energyDeadbandJ: 3.6e6,
  intervalMs: 1_800_000,
  idleIntervalMs: 86_400_000,
  settleMs: 2000,
  settleMaxMs: 10_000,
  changeMinIntervalMs: 0,
  silentAfterMs: 600_000,
};
const START_MS = Date.UTC(2026, 9, 1, 11);
const CHUNK = 50_000;

type Pipeline = (messages$: Observable<Message>, scheduler: StreamScheduler) => Observable<unknown>;

const PIPELINES: Readonly<Record<'evida' | 'groupBy', Pipeline>> = {
  evida: (messages$, scheduler) => {
    const readings$ = messages$.pipe(decodeMessage(), selectReadings(), share());
    return merge(
      readings$.pipe(settlePhotograph(RULES, scheduler), toPhotographPoint()),
      readings$.pipe(
        watchConnection({ silentAfterMs: RULES.silentAfterMs, timeZone: 'Asia/Ho_Chi_Minh' }, scheduler),
      ),
      readings$.pipe(
        sampleUtilization({ intervalMs: 60_000, silentAfterMs: RULES.silentAfterMs }, scheduler),
        toUtilizationPoint(),
      ),
    );
  },
  groupBy: (messages$, scheduler) =>
    groupByPhotographs(messages$.pipe(decodeMessage(), selectReadings()), RULES, scheduler),
};

interface Figures {
  readonly nsPerMessage: number;
  readonly messagesPerSecond: number;
  readonly heapMb: number;
  readonly bytesPerOutlet: number;
  /** Growth of the heap over the second half of the messages. */
  readonly growthMb: number;
  readonly outputs: number;
}

function measure(pipeline: Pipeline, boxes: number, messages: number): Figures {
  const fleet = simulateFleet({ boxes, seed: 1, startMs: START_MS, timeZone: 'Asia/Ho_Chi_Minh' });
  const scheduler = new StreamScheduler();
  const source = new Subject<Message>();
  const chunk: Message[] = [];
  fillChunk(fleet, chunk);
  const heapBefore = heapMb();
  let outputs = 0;
  const running = pipeline(source, scheduler).subscribe(() => outputs++);
  let timed = 0;
  let timedMessages = 0;
  let heapHalfway = heapBefore;
  for (let sent = 0; sent < messages; sent += chunk.length) {
    if (sent > 0) fillChunk(fleet, chunk);
    const startedAt = process.hrtime.bigint();
    for (const message of chunk) {
      scheduler.advanceTo(message.receivedAt);
      source.next(message);
    }
    // The first tenth fills the maps and warms the code up.
    if (sent >= messages / 10) {
      timed += Number(process.hrtime.bigint() - startedAt);
      timedMessages += chunk.length;
    }
    if (sent < messages / 2 && sent + chunk.length >= messages / 2) heapHalfway = heapMb();
  }
  const heapAfter = heapMb();
  running.unsubscribe();
  const nsPerMessage = timed / timedMessages;
  const stateMb = heapAfter - heapBefore;
  return {
    nsPerMessage: Math.round(nsPerMessage),
    messagesPerSecond: Math.round(1e9 / nsPerMessage),
    heapMb: round(stateMb),
    bytesPerOutlet: Math.round((stateMb * 2 ** 20) / (boxes * 10)),
    growthMb: round(heapAfter - heapHalfway),
    outputs,
  };
}

function fillChunk(fleet: ReturnType<typeof simulateFleet>, chunk: Message[]): void {
  const encoder = new TextEncoder();
  chunk.length = 0;
  while (chunk.length < CHUNK) {
    const { value: event } = fleet.next();
    if (event?.kind !== 'message') continue;
    const { topic, payload, atMs } = event;
    const origin = { retained: false, resumed: false, backlog: false };
    chunk.push({ topic, payload: encoder.encode(payload), receivedAt: Math.round(atMs), ...origin });
  }
}

function heapMb(): number {
  if (globalThis.gc === undefined) throw new Error('run it by npm run bench:streams: it needs --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const { values } = parseArgs({
  options: {
    boxes: { type: 'string', default: '10000' },
    messages: { type: 'string', default: '3000000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const [boxes, messages] = [Number(values.boxes), Number(values.messages)];
  if (!(boxes >= 1 && messages >= 1)) {
    process.stderr.write(HELP);
    process.exit(2);
  }
  const evida = measure(PIPELINES.evida, boxes, messages);
  const groupBy = measure(PIPELINES.groupBy, boxes, messages);
  const result = { ...evida, boxes, outlets: boxes * 10, messages, groupBy, machine: machine() };
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    const row = (
      name: string,
      { nsPerMessage, messagesPerSecond, heapMb, bytesPerOutlet, growthMb }: Figures,
    ) =>
      `${name.padEnd(24)} ${String(nsPerMessage).padStart(7)} ns a message ${String(messagesPerSecond).padStart(9)} messages/s ${String(heapMb).padStart(7)} MB heap ${String(bytesPerOutlet).padStart(6)} B an outlet ${String(growthMb).padStart(6)} MB growth\n`;
    process.stdout.write(`${boxes} boxes, ${boxes * 10} outlets, ${messages} messages\n`);
    process.stdout.write(row('evida, all pipelines', evida));
    process.stdout.write(row('groupBy + debounceTime', groupBy));
    const { cpu, cores, node } = result.machine;
    process.stdout.write(`${cpu}, ${cores} cores, Node.js ${node}, one core used\n`);
  }
}
