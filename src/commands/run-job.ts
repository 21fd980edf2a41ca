import { createLog } from '../log.ts';
import { Evida } from '../services/evida.ts';
import type { JobRun } from '../services/job.ts';
import { configFromEnvironment } from './run.ts';

/** `evida analyze`, `evida backup run`: one run of a job now. Gives the exit code: 0, or 1 if the job failed. */
export async function runJob(name: 'analysis' | 'backup', { json }: { json: boolean }): Promise<number> {
  const config = configFromEnvironment();
  const evida = new Evida(config, createLog(config));
  try {
    await evida.prepareDatabase();
    const run = await evida[name].run();
    process.stdout.write(json ? `${JSON.stringify(run)}\n` : `${inWords(run)}\n`);
    return 'error' in run.outcome ? 1 : 0;
  } finally {
    await evida.stop();
  }
}

function inWords({ job, durationMs, outcome }: JobRun): string {
  if ('error' in outcome) return `${job} failed: ${outcome.error}`;
  const facts = Object.entries(outcome.result).map(([name, value]) => `${name} ${value}`);
  return `${job} done in ${(durationMs / 1000).toFixed(1)} s: ${facts.join(', ')}`;
}
