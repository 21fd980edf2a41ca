import { keepHeapSmall } from '../heap.ts';
import { createLog } from '../log.ts';
import { Evida } from '../services/evida.ts';
import { aborted, stopSignal } from '../stop-signal.ts';
import { configOf, createConfiguredVerb, type EnvironmentOptions } from './verb.ts';

export const runCommand = createConfiguredVerb('run', {
  summary: 'run the services of ROLES until Ctrl-C',
  description: `Runs the services of ROLES on the servers that the environment names, until SIGINT or SIGTERM.

A server that is away is retried, and said in the log on standard error; it holds up only what needs it. What a
variable means, and its default: docs/configuration.md. What the servers need: evida setup. Whether they have it:
evida doctor.`,
  examples: [
    ['evida run --env .env', 'all roles, with the variables of a file'],
    ['ROLES=analysis,backup evida run', 'one process of several'],
  ],
  exitCodes: [[1, 'a part refuses, or the stop took too long']],
}).action(run);

async function run(options: EnvironmentOptions): Promise<void> {
  keepHeapSmall();
  const config = configOf(options);
  const signal = stopSignal();
  const log = createLog(config);
  const evida = new Evida(config, log);
  log.info({ roles: config.ROLES, node: process.version }, 'Evida starts');
  try {
    const started = evida.start().then(() => log.info('all parts have been reached'));
    const failed = evida.fatal.then((error) => {
      throw error;
    });
    await Promise.race([started.then(() => aborted(signal)), aborted(signal), failed]);
  } finally {
    await evida.stop();
  }
}
