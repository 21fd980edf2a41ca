import { createLog } from '../log.ts';
import { Evida } from '../services/evida.ts';
import { jobRunInWords } from '../services/job.ts';
import { configFromEnvironment } from './run.ts';

/** `evida analyze`, `evida backup run`: one run of a job now. Gives the exit code: 0, or 1 if the job failed. */
export async function runJob(name: 'analysis' | 'backup', { json }: { json: boolean }): Promise<number> {
  const config = configFromEnvironment();
  const evida = new Evida(config, createLog(config));
  try {
    await evida.prepareDatabase();
    const run = await evida[name].run();
    process.stdout.write(json ? `${JSON.stringify(run)}\n` : `${jobRunInWords(run)}\n`);
    return 'error' in run.outcome ? 1 : 0;
  } finally {
    await evida.stop();
  }
}
