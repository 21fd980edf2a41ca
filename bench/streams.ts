import { parseArgs } from 'node:util';
import { merge, type Observable, Subject, share } from 'rxjs';
import { loadThresholds } from '../src/config.ts';
import { photographRules } from '../src/services/photograph/photographs.ts';
import { decodeMessage } from '../streams/decode-message.ts';
import type { Message } from '../streams/message.ts';
import { sampleUtilization } from '../streams/sample-utilization.ts';
import { selectReadings } from '../streams/select-readings.ts';
import { settlePhotograph } from '../streams/settle-photograph.ts';
import { StreamScheduler } from '../streams/stream-scheduler.ts';
import { toPhotographPoint } from '../streams/to-photograph-point.ts';
import { toUtilizationPoint } from '../streams/to-utilization-point.ts';
import { watchConnection } from '../streams/watch-connection.ts';
import { groupByPhotographs } from './group-by-peer.ts';
import { machine } from './machine.ts';
import { MessageTape } from './message-tape.ts';

const HELP = `npm run bench:streams -- [--boxes 10000] [--messages 3000000] [--json]

Decodes the messages of a simulated fleet and runs them through the photograph, connection and utilization pipelines, on
one core, in virtual time; then the heart of the photograph pipeline as written with groupBy and debounceTime. The messages
are made before anything is timed. Prints time a message, and the memory of all state (heap and typed arrays).
`;

/** The defaults. */
const RULES = photographRules(loadThresholds({}));
const CHUNK = 1000;

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
  /** Of all state, typed arrays included. */
  readonly heapMb: number;
  readonly bytesPerOutlet: number;
  /** Growth of the heap over the second half of the messages. */
  readonly growthMb: number;
  readonly outputs: number;
}

function measure(pipeline: Pipeline, tape: MessageTape, boxes: number): Figures {
  const { length } = tape;
  const scheduler = new StreamScheduler();
  const source = new Subject<Message>();
  const heapBefore = heapMb();
  let outputs = 0;
  const running = pipeline(source, scheduler).subscribe(() => outputs++);
  let timed = 0;
  let timedMessages = 0;
  let heapHalfway = heapBefore;
  for (let sent = 0; sent < length; sent += CHUNK) {
    const chunk = Array.from({ length: Math.min(CHUNK, length - sent) }, (_, at) => tape.message(sent + at));
    const startedAt = process.hrtime.bigint();
    for (const message of chunk) {
      scheduler.advanceTo(message.receivedAt);
      source.next(message);
    }
    // The first tenth fills the maps and warms the code up.
    if (sent >= length / 10) {
      timed += Number(process.hrtime.bigint() - startedAt);
      timedMessages += chunk.length;
    }
    if (sent < length / 2 && sent + chunk.length >= length / 2) heapHalfway = heapMb();
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

function heapMb(): number {
  if (globalThis.gc === undefined) throw new Error('run it by npm run bench:streams: it needs --expose-gc');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
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
  const tape = new MessageTape(boxes, messages);
  const evida = measure(PIPELINES.evida, tape, boxes);
  const groupBy = measure(PIPELINES.groupBy, tape, boxes);
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
