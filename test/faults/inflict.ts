import { Random } from '../../src/embedded/fleet/random.ts';
import { messageOf } from '../../src/errors.ts';
import { conclude, type Findings } from './conclude.ts';
import type { Fault, Inflicted } from './fault.ts';
import type { FaultReport } from './report.ts';
import { World } from './world.ts';

export interface InflictOptions {
  readonly directory: string;
  readonly seed: number;
  readonly scale: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const NOTHING_FOUND: Findings = {
  messages: 0,
  lost: 0,
  twice: 0,
  longestStallMs: 0,
  memoryMb: 0,
  problems: [],
};

/** Inflicts one fault on a world of its own. Only what was aborted throws. */
export async function inflict(fault: Fault, options: InflictOptions): Promise<FaultReport> {
  const { seed, scale, signal, say } = options;
  const startedMs = performance.now();
  const problems: string[] = [];
  const random = new Random(seed);
  const stage = { random, scale, signal, problem: (text: string) => void problems.push(text) };
  let inflicted: Inflicted = { times: 0 };
  let findings = NOTHING_FOUND;
  try {
    const world = await World.open({
      directory: options.directory,
      seed,
      say,
      ...(fault.environment && { environment: fault.environment }),
    });
    // A fault that waits for something hears of Ctrl-C by what it waits for.
    const abort = () => void world.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await fault.prepare?.(world);
      await world.begin(fault.traffic);
      inflicted = await fault.inflict(world, stage);
      findings = await conclude(world, inflicted);
    } finally {
      signal.removeEventListener('abort', abort);
      await world.close();
      await fault.restore?.(world);
    }
  } catch (error) {
    signal.throwIfAborted();
    problems.push(messageOf(error));
  }
  return {
    group: fault.group,
    fault: fault.title,
    ...findings,
    times: inflicted.times,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    problems: [...problems, ...findings.problems],
  };
}
