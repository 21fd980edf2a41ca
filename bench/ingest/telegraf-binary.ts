import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../src/embedded/cache-directory.ts';
import { findOnPath, isExecutable } from '../../src/embedded/influxdb/find.ts';

const VERSION = '1.37.2';
/** Nothing but what is compared: the whole of Telegraf takes many minutes to build. */
const TAGS = ['custom', 'inputs.mqtt_consumer', 'outputs.influxdb_v2', 'parsers.value', 'serializers.influx'];
const PACKAGE = `github.com/influxdata/telegraf/cmd/telegraf@v${VERSION}`;
const SAY_EVERY_MS = 15_000;

export interface Telegraf {
  readonly command: string;
  /** What it calls itself. */
  readonly version: string;
}

/** Telegraf from PATH, else the one in the user's cache, which is built once where Go is; undefined if there is none. */
export async function findOrBuildTelegraf(
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Telegraf | undefined> {
  const onPath = await findOnPath('telegraf', process.env);
  if (onPath !== undefined) {
    const { stdout } = await promisify(execFile)(onPath, ['version']);
    return { command: onPath, version: stdout.trim().split('\n')[0] ?? '' };
  }
  const command = join(cacheDirectory(process.env), `telegraf-${VERSION}`, 'telegraf');
  const telegraf = { command, version: `Telegraf ${VERSION}, built with ${TAGS.slice(1).join(', ')}` };
  if (await isExecutable(command)) return telegraf;
  const go = await findOnPath('go', process.env);
  if (go === undefined) {
    say('Telegraf is not compared: it is not on PATH, and neither is Go, to build it');
    return undefined;
  }
  try {
    await build(go, command, say, signal);
    return telegraf;
  } catch (error) {
    signal.throwIfAborted();
    say(`Telegraf is not compared: ${String(error)}`);
    return undefined;
  }
}

async function build(
  go: string,
  target: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o711 });
  const directory = await mkdtemp(`${target}-`);
  const startedMs = performance.now();
  const tell = () =>
    say(`Building Telegraf ${VERSION}, ${Math.round((performance.now() - startedMs) / 1000)} s so far`);
  tell();
  const telling = setInterval(tell, SAY_EVERY_MS);
  try {
    await run(go, ['install', '-tags', TAGS.join(','), '-ldflags', '-s -w', PACKAGE], directory, signal);
    await rename(join(directory, 'telegraf'), target);
  } finally {
    clearInterval(telling);
    await rm(directory, { recursive: true, force: true });
  }
}

function run(program: string, args: string[], directory: string, signal: AbortSignal): Promise<void> {
  const environment = { ...process.env, GOBIN: directory, GOFLAGS: '', GOWORK: 'off', GOTMPDIR: directory };
  const step = spawn(program, args, {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let said = '';
  step.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    step.once('error', reject);
    step.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`go install fails: ${said.trim().split('\n').at(-1)}`)),
    );
  });
}
