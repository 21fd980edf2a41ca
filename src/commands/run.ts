import { readFileSync } from 'node:fs';
import { type Config, loadConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { Evida } from '../services/evida.ts';
import { aborted, stopSignal } from '../stop-signal.ts';

/** The configuration of this process's environment. @throws EvidaError CONFIG_INVALID */
export function configFromEnvironment(): Config {
  return loadConfig(process.env, (path) => readFileSync(path, 'utf8'));
}

/** `evida run`: the services of ROLES, until SIGINT or SIGTERM. */
export async function run(): Promise<void> {
  const config = configFromEnvironment();
  const signal = stopSignal();
  const log = createLog(config);
  const evida = new Evida(config, log);
  log.info({ roles: config.ROLES, node: process.version }, 'Evida starts');
  try {
    const started = evida.start().then(() => log.info('all parts have been reached'));
    await Promise.race([started.then(() => aborted(signal)), aborted(signal)]);
  } finally {
    await evida.stop();
  }
}
