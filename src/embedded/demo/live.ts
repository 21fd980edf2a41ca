import { setTimeout as delay } from 'node:timers/promises';
import { merge } from 'rxjs';
import type { Config } from '../../config.ts';
import { createLog } from '../../log.ts';
import { Evida } from '../../services/evida.ts';
import { type JobRun, jobRunInWords } from '../../services/job.ts';
import type { EboostHistory } from '../eboost/history.ts';
import { DEMO_PACE } from '../fleet/pace.ts';
import { publishFleet } from '../fleet/publish-fleet.ts';
import { tellCalmly } from './calm-lines.ts';
import type { DemoSettings } from './demo-data.ts';
import { lastEnergies } from './look-back.ts';

export interface BackupRuns {
  readonly backup: JobRun['outcome'] | null;
  readonly rehearsal: JobRun['outcome'] | null;
}

/**
 * Runs Evida and its fleet, with one backup and one rehearsal of restoring it, until `forMs` is over and the work of the
 * start is done, or the signal comes; then stops both in order. Gives how backup and rehearsal ended, as far as they did.
 */
export async function live(
  config: Config,
  { boxes, seed, historyToMs }: DemoSettings,
  history: EboostHistory,
  forMs: number | undefined,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<BackupRuns> {
  const seen = await lastEnergies(config, historyToMs);
  signal.throwIfAborted();
  const ending = new AbortController();
  const evida = new Evida(config, createLog(config));
  const telling = merge(evida.analysis.runs$, evida.backup.runs$, evida.rehearsal.runs$).subscribe((run) =>
    say(jobRunInWords(run)),
  );
  telling.add(tellCalmly(evida, say));
  const fleet = publishFleet({
    mqttUrl: config.MQTT_URL,
    username: config.MQTT_USERNAME ?? '',
    password: config.MQTT_PASSWORD ?? '',
    fleet: {
      boxes,
      seed,
      timeZone: config.TIME_ZONE,
      pace: DEMO_PACE,
      // Registers go on where they were last seen, so that a demo that goes on shows no resets that never were.
      initialEnergyJ: (box, outlet) => seen.get(`${box}:${outlet}`) ?? history.energyAtEndJ(box, outlet),
    },
    signal: AbortSignal.any([signal, ending.signal]),
  });
  let failure: unknown;
  let runs: BackupRuns = { backup: null, rehearsal: null };
  try {
    const working = evida.start().then(async () => {
      runs = { ...runs, backup: (await evida.backup.run()).outcome };
      runs = { ...runs, rehearsal: (await evida.rehearsal.run()).outcome };
    });
    await Promise.race([Promise.all([working, passed(forMs, signal)]), fleet]);
  } catch (error) {
    failure = error;
  }
  telling.unsubscribe();
  ending.abort();
  const stopped = await Promise.allSettled([fleet, evida.stop()]);
  failure ??= stopped.find((part) => part.status === 'rejected')?.reason;
  if (failure !== undefined) throw failure;
  return runs;
}

/** Resolves after `ms`, or never without; at once when the signal comes. */
async function passed(ms: number | undefined, signal: AbortSignal): Promise<void> {
  if (ms === undefined)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  else await delay(ms, undefined, { signal }).catch(() => undefined);
}
