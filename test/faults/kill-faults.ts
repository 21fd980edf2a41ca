import { setTimeout as delay } from 'node:timers/promises';
import type { Exit } from './evida-process.ts';
import type { Fault } from './fault.ts';
import { KILL_POINTS, type KillPoint } from './kill-points.ts';
import type { World } from './world.ts';

const RANDOM_KILLS = 12;
const MOST_ALIVE_MS = 2500;
const POINT_KILLS = 3;
const DIES_WITHIN_MS = 40_000;

/** How often a process passes a point, at most, before it dies there. */
const MOST_PASSES: Readonly<Record<KillPoint, number>> = {
  committed: 25,
  decided: 25,
  torn: 25,
  written: 5,
  'snapshot-half': 2,
  'snapshot-whole': 1,
  deleted: 2,
};
const SPARE_BYTES = 4000;
/** So many of them that a snapshot is due (64 MiB), or that the log is full (16 MB) and segments must go. */
const SPARE_MESSAGES: Readonly<Record<KillPoint, number>> = {
  committed: 0,
  decided: 0,
  torn: 0,
  written: 0,
  'snapshot-half': 17_500,
  'snapshot-whole': 17_500,
  deleted: 5000,
};

/** A log of small segments that are kept no longer than needed. */
const SHORT_LOG = { JOURNAL_MAX: '16MB', JOURNAL_KEEP: '0s' };

export const killFaults: readonly Fault[] = [
  {
    group: 'kill',
    title: 'Evida killed at random moments, also while it starts',
    inflict: async ({ evida }, { random, scale, signal }) => {
      const times = Math.round(RANDOM_KILLS * scale);
      for (let kill = 0; kill < times; kill += 1) {
        await delay(random.whole(50, MOST_ALIVE_MS), undefined, { signal });
        await evida.kill();
        evida.start();
      }
      return { times };
    },
  },
  ...(['committed', 'decided', 'torn', 'written', 'snapshot-half', 'snapshot-whole', 'deleted'] as const).map(
    killAt,
  ),
];

function killAt(point: KillPoint): Fault {
  return {
    group: 'kill',
    title: `Evida killed ${KILL_POINTS[point]}`,
    ...(point === 'deleted' && { environment: SHORT_LOG }),
    inflict: async (world, { random, scale, signal, problem }) => {
      const { evida } = world;
      const times = Math.round(POINT_KILLS * scale);
      for (let kill = 0; kill < times && !signal.aborted; kill += 1) {
        await evida.kill();
        evida.start(`${point}:${random.whole(1, MOST_PASSES[point])}`);
        const filling = fillLog(world, SPARE_MESSAGES[point]);
        const exit = await exitOf(world);
        if (exit?.signal !== 'SIGKILL') problem(`it was not killed there: ${inWords(exit)}`);
        evida.start();
        await filling;
        await world.untilListening();
      }
      return { times };
    },
  };
}

/** Makes the log grow: what a snapshot and the deletion of segments wait for. */
async function fillLog(world: World, messages: number): Promise<void> {
  await world.publishSpare(messages, SPARE_BYTES);
}

async function exitOf({ evida }: World): Promise<Exit | undefined> {
  const late = new AbortController();
  const exit = await Promise.race([
    evida.exited,
    delay(DIES_WITHIN_MS, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  if (exit === undefined) await evida.kill();
  return exit;
}

function inWords(exit: Exit | undefined): string {
  return exit === undefined ? 'it lives' : `it ended with ${exit.signal ?? `code ${exit.code}`}`;
}
