import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the user's machine keeps what was downloaded or built once: `$EVIDA_CACHE_DIR`, else as XDG says. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  if (env.EVIDA_CACHE_DIR) return resolve(env.EVIDA_CACHE_DIR);
  return resolve(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'evida');
}
