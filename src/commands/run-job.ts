import { createLog } from '../log.ts';
import { Evida } from '../services/evida.ts';
import { jobRunInWords } from '../services/job.ts';
import { configOf, type EnvironmentOptions } from './verb.ts';

/**
 * One run of a job now; tells its result, and sets the exit code if it failed.
 * @throws EvidaError POSTGRES_UNAVAILABLE, at once: whoever asked for one run decides whether to try again
 */
export async function runJob(name: 'backup', options: EnvironmentOptions & { json: boolean }): Promise<void> {
  const config = configOf(options);
  const evida = new Evida(config, createLog(config));
  try {
    await evida.prepareDatabase();
    const run = await evida[name].run();
    process.stdout.write(options.json ? `${JSON.stringify(run)}\n` : `${jobRunInWords(run)}\n`);
    process.exitCode = run.exitCode;
  } finally {
    await evida.stop();
  }
}
