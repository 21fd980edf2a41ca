import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../../bench/machine.ts';
import { stopSignal } from '../../src/stop-signal.ts';
import { answerFaults } from './answer-faults.ts';
import { brokerFaults } from './broker-faults.ts';
import { diskFaults } from './disk-faults.ts';
import { type Fault, GROUPS } from './fault.ts';
import { inflict } from './inflict.ts';
import { influxFaults } from './influx-faults.ts';
import { killFaults } from './kill-faults.ts';
import { logFaults } from './log-faults.ts';
import { poisonFaults } from './poison-faults.ts';
import { type FaultReport, isPassed, toTable } from './report.ts';

const SHORT_MINUTES = 8;
const AT_ONCE = 2;

const HELP = `npm run test:faults -- [--minutes ${SHORT_MINUTES}] [--only WORDS] [--seed 1] [--json]

Hurts a running Evida in every way that is promised to cost nothing, on a real Mosquitto and a real InfluxDB, while a fleet
whose truth is known talks to it; then compares what stands in InfluxDB with that truth: each change of status once and in
order, the registers to their last value, the books closed.

  --minutes N   about how long; each fault is inflicted so much more often (${SHORT_MINUTES} is the least)
  --only WORDS  the faults of a group (${GROUPS.join(', ')}), or with these words in their title
  --seed N      of everything that is left to chance
  --json        one JSON object to standard output

Exit code: 0 nothing is lost, 1 something is, 2 the command line is wrong, 130 stopped.
`;

const ALL: readonly Fault[] = [
  ...killFaults,
  ...influxFaults,
  ...brokerFaults,
  ...answerFaults,
  ...diskFaults,
  ...poisonFaults,
  ...logFaults,
];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: String(SHORT_MINUTES) },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const chosen = choose(values.only);
  if (!(minutes > 0 && Number.isSafeInteger(seed)) || chosen.length === 0) {
    process.stderr.write(HELP);
    return 2;
  }
  const signal = stopSignal();
  const root = await mkdtemp(join(tmpdir(), 'evida-faults-'));
  const reports = new Map<Fault, FaultReport>();
  const queue = [...chosen.entries()];
  const scale = Math.max(1, minutes / SHORT_MINUTES);
  /** Most of the time is waiting, so that two worlds live beside each other as well as one. */
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, fault] = next;
      say(`${index + 1}/${chosen.length} ${fault.title} ...`);
      const directory = join(root, String(index));
      const report = await inflict(fault, { directory, seed: seed + index, scale, signal, say });
      reports.set(fault, report);
      sayResult(`${index + 1}/${chosen.length}`, report);
      await rm(directory, { recursive: true, force: true });
    }
  };
  try {
    const done = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
    signal.throwIfAborted();
    for (const lane of done) if (lane.status === 'rejected') throw lane.reason;
  } catch (error) {
    if (!signal.aborted) throw error;
    return 130;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return tell(chosen.flatMap((fault) => reports.get(fault) ?? []));
}

/** By group, or else by words of the title. */
function choose(only: string): readonly Fault[] {
  const ofGroup = ALL.filter(({ group }) => group === only);
  if (ofGroup.length > 0) return ofGroup;
  return ALL.filter(({ title }) => title.toLowerCase().includes(only.toLowerCase()));
}

function tell(reports: readonly FaultReport[]): number {
  const failed = reports.filter((report) => !isPassed(report)).length;
  const { cpu, cores, node } = machine();
  if (values.json) process.stdout.write(`${JSON.stringify({ failed, reports, machine: machine() })}\n`);
  else {
    process.stdout.write(`\n${toTable(reports)}\n\n${cpu}, ${cores} cores, Node.js ${node}\n`);
    process.stdout.write(`${reports.length - failed} passed, ${failed} failed\n`);
  }
  return failed === 0 ? 0 : 1;
}

function sayResult(place: string, report: FaultReport): void {
  const { fault, times, messages, lost, twice, seconds } = report;
  const verdict = isPassed(report) ? 'passed' : 'FAILED';
  say(
    `${place} ${fault}: ${verdict}; ${times} times, ${messages} messages, ${lost} lost, ${twice} twice, ${seconds} s`,
  );
  for (const problem of report.problems) say(`    - ${problem.replaceAll('\n', '\n      ')}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
