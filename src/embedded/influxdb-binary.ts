import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EvidaError, messageOf } from '../errors.ts';
import { cacheDirectory } from './cache-directory.ts';
import { acquireExclusive } from './exclusive.ts';
import { buildInfluxd } from './influxdb/build.ts';
import { DEFAULT_DOWNLOAD_URL, downloadInfluxd } from './influxdb/download.ts';
import { findOnPath, isExecutable, whyUnfit } from './influxdb/find.ts';
import { INFLUXDB_VERSION } from './influxdb/release.ts';
import type { OnProgress } from './part.ts';

export interface FindInfluxdOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onProgress?: OnProgress;
  /** Gives up a download or a build, and removes what it has made so far. */
  readonly signal?: AbortSignal;
  /** How an influxd comes into an empty work directory; each gives its path there. */
  readonly download?: typeof downloadInfluxd;
  readonly build?: typeof buildInfluxd;
}

/** Longer than any build: the one that waits has nothing better to do. */
const OTHER_INSTALLER_MS = 30 * 60_000;

/**
 * The path of an influxd: `INFLUXD_PATH`, else a fit one on PATH, else the one in the user's cache, which is
 * downloaded or, where the download is out of reach, built from source, once.
 *
 * @throws EvidaError EMBEDDED_INSTALL, which lists what was tried, why each failed and what to install
 */
export async function findOrInstallInfluxd(options: FindInfluxdOptions = {}): Promise<string> {
  const { env = process.env, onProgress = () => undefined } = options;
  if (env.INFLUXD_PATH) return named(resolve(env.INFLUXD_PATH));
  const onPath = await findOnPath('influxd', env);
  if (onPath !== undefined) {
    const unfit = await whyUnfit(onPath);
    if (unfit === undefined) return onPath;
    onProgress(`Not used: ${unfit}`);
  }
  const cached = join(cacheDirectory(env), `influxdb-${INFLUXDB_VERSION}`, 'influxd');
  if (await isExecutable(cached)) return cached;

  const release = await acquireExclusive(dirname(cached), `installing InfluxDB ${INFLUXDB_VERSION}`, {
    waitMs: OTHER_INSTALLER_MS,
    signal: options.signal,
    onWait: (holder) => onProgress(`Waiting for another one: ${holder}`),
  });
  try {
    if (!(await isExecutable(cached))) await install(cached, { ...options, env, onProgress });
    return cached;
  } finally {
    await release();
  }
}

async function named(influxd: string): Promise<string> {
  const unfit = await whyUnfit(influxd, true);
  if (unfit === undefined) return influxd;
  throw new EvidaError('EMBEDDED_INSTALL', {
    operation: 'using the InfluxDB that INFLUXD_PATH names',
    problem: unfit,
    hint: 'correct INFLUXD_PATH, or unset it and let Evida find or install one',
  });
}

async function install(
  target: string,
  options: FindInfluxdOptions & Required<Pick<FindInfluxdOptions, 'env' | 'onProgress'>>,
): Promise<void> {
  const { env, onProgress, signal, download = downloadInfluxd, build = buildInfluxd } = options;
  const baseUrl = env.EVIDA_INFLUXDB_DOWNLOAD_URL || DEFAULT_DOWNLOAD_URL;
  const ways = {
    download: (workDirectory: string) => download({ workDirectory, baseUrl, onProgress, signal }),
    'build from source': (workDirectory: string) => build({ workDirectory, env, onProgress, signal }),
  };
  await removeLeftovers(target);
  const failures: string[] = [];
  for (const [way, make] of Object.entries(ways)) {
    signal?.throwIfAborted();
    const workDirectory = await mkdtemp(`${target}-`);
    try {
      const made = await make(workDirectory);
      const unfit = await whyUnfit(made);
      if (unfit !== undefined) throw new Error(unfit);
      await rename(made, target);
      onProgress(`InfluxDB ${INFLUXDB_VERSION} is installed as ${target}`);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${way}: ${messageOf(error)}`);
      onProgress(`The ${way} of InfluxDB failed: ${messageOf(error).split('\n')[0]}`);
    } finally {
      await rm(workDirectory, { recursive: true, force: true });
    }
  }
  throw new EvidaError('EMBEDDED_INSTALL', {
    operation: `installing InfluxDB ${INFLUXDB_VERSION}`,
    problem: `no way worked:\n${failures.map((failure) => `- ${failure}`).join('\n')}`,
    hint:
      'install Go >= 1.25, Rust, gcc and pkg-config and start again, or set INFLUXD_PATH to an influxd 2.7 or later, ' +
      'or use the Docker images',
  });
}

/** What an installer that was killed has left; nobody uses it, as the lock is held. */
async function removeLeftovers(target: string): Promise<void> {
  const directory = dirname(target);
  await mkdir(directory, { recursive: true });
  for (const entry of await readdir(directory)) {
    if (entry.startsWith(`${basename(target)}-`))
      await rm(join(directory, entry), { recursive: true, force: true });
  }
}
