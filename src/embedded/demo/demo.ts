import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { stopSignal } from '../../stop-signal.ts';
import { startEboostApi } from '../eboost/api-server.ts';
import { createEboostDatabase, createReader, fillEboostDatabase } from '../eboost/database.ts';
import { type EboostHistory, eboostHistory } from '../eboost/history.ts';
import { acquireExclusive } from '../exclusive.ts';
import { type Servers, startServers } from '../servers.ts';
import { type DemoSettings, openDemoData, saveDemoSettings, serversDirectory } from './demo-data.ts';
import { createDemoDatabases } from './demo-databases.ts';
import { environmentFiles, prepareEnvironment } from './demo-environment.ts';
import { fillHistory } from './fill-history.ts';
import { introduce, plainVersion } from './introduce.ts';
import { type BackupRuns, live } from './live.ts';
import { type Holdings, lookBack } from './look-back.ts';
import { withNewestBox } from './newest-box.ts';
import { parentGone } from './parent-gone.ts';

export interface DemoOptions {
  readonly boxes: number;
  /** ms; until it is stopped, if absent. */
  readonly for?: number;
  readonly fresh: boolean;
  readonly data: string;
  readonly seed: number;
  readonly json: boolean;
}

/** What `--json` prints at the end: all of it asked from the servers. */
interface DemoSummary extends Holdings, BackupRuns {
  readonly versions: { readonly influxdb: string; readonly postgres: string; readonly node: string };
  readonly boxes: number;
  /** Messages that Evida has acknowledged to the broker. */
  readonly messages: number;
}

const HISTORY_MS = 92 * 86_400_000;
const TIME_ZONE = 'Asia/Ho_Chi_Minh';
/** A demo that was killed takes so long to take its servers along. */
const LET_GO_MS = 10_000;

/** `evida demo`: everything on real, embedded servers with a simulated fleet, until it is stopped. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const say = (line: string) => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const signal = AbortSignal.any([stopSignal(), parentGone()]);
  const summary = await runDemoThen(options, say, signal, async () => undefined);
  if (options.json && summary !== undefined) process.stdout.write(`${JSON.stringify(summary)}\n`);
}

/**
 * The demo, and what is to be done with the servers that it has filled, before they are stopped.
 * @param visit is not called when the demo was stopped by the signal
 */
export async function runDemoThen(
  options: DemoOptions,
  say: (line: string) => void,
  signal: AbortSignal,
  visit: (config: Config) => Promise<void>,
): Promise<DemoSummary | undefined> {
  const directory = resolve(options.data);
  const release = await acquireExclusive(directory, 'an Evida demo', { waitMs: LET_GO_MS });
  try {
    const settings = await openDemoData(directory, options);
    const dataDir = serversDirectory(directory);
    const servers = await startServers({ dataDir, durable: true, onProgress: say, signal });
    try {
      return await runOn(servers, directory, settings, options, signal, say, visit);
    } finally {
      await servers.stop();
      for (const file of Object.values(environmentFiles(directory))) await rm(file, { force: true });
    }
  } catch (error) {
    // Being stopped before it was up is no failure.
    if (error !== signal.reason) throw error;
    return undefined;
  } finally {
    await release();
  }
}

async function runOn(
  servers: Servers,
  directory: string,
  settings: DemoSettings,
  options: DemoOptions,
  signal: AbortSignal,
  say: (line: string) => void,
  visit: (config: Config) => Promise<void>,
): Promise<DemoSummary> {
  const { boxes, seed, historyToMs } = settings;
  const span = { fromMs: historyToMs - HISTORY_MS, toMs: historyToMs, timeZone: TIME_ZONE };
  const history = withNewestBox(eboostHistory({ boxes, seed, ...span }), historyToMs);
  const api = await startEboostApi({ boxes: () => history.boxes });
  try {
    const { evidaUrl, eboostUrl } = await createDemoDatabases(servers.postgres);
    await createEboostDatabase(eboostUrl);
    const eboostReaderUrl = withCredentials(eboostUrl, await createReader(eboostUrl));
    const addresses = { servers, api, evidaUrl, eboostReaderUrl, timeZone: TIME_ZONE };
    const config = await prepareEnvironment(directory, addresses);
    if (!settings.filled) await fill(history, eboostUrl, config, say);
    await saveDemoSettings(directory, { ...settings, filled: true });
    signal.throwIfAborted();
    introduce(servers, api, directory, say);
    const startedMs = Date.now();
    const runs = await live(config, settings, history, options.for, signal, say);
    const holdings = await lookBack(config, startedMs);
    if (!signal.aborted) await visit(config);
    return {
      versions: {
        influxdb: plainVersion(servers.influx.version),
        postgres: plainVersion(servers.postgres.version),
        node: process.versions.node,
      },
      boxes: history.boxes.length,
      messages: servers.broker.acknowledged('evida-demo'),
      ...holdings,
      ...runs,
    };
  } finally {
    await api.stop();
  }
}

async function fill(
  history: EboostHistory,
  eboostUrl: string,
  config: Config,
  say: (line: string) => void,
): Promise<void> {
  const startedMs = performance.now();
  const [points] = await Promise.all([
    fillHistory(config, history.points()),
    fillEboostDatabase(eboostUrl, history),
  ]);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(
    `Three months of history: ${history.transactions.length} transactions, ${points} points, in ${seconds} s`,
  );
}

function withCredentials(
  url: string,
  { user, password }: { readonly user: string; readonly password: string },
): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
