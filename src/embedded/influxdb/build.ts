import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { OnProgress } from '../part.ts';
import { lastLines, readLog } from '../server-log.ts';
import { superviseServer } from '../supervise.ts';
import { findOnPath } from './find.ts';
import { INFLUXDB_COMMIT, INFLUXDB_VERSION } from './release.ts';

type Environment = Readonly<Record<string, string | undefined>>;

interface BuildOptions {
  /** Gets the module, its tools and the result; removed by the supervisor if the build has to be stopped. */
  readonly workDirectory: string;
  readonly env: Environment;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

const PROGRESS_EVERY_MS = 15_000;
const INFLUXD_PACKAGE = 'github.com/influxdata/influxdb/v2/cmd/influxd';
/** InfluxData's own pkg-config builds the Rust half of Flux; the machine's pkg-config must be there too. */
const PKG_CONFIG_MODULE = 'github.com/influxdata/pkg-config@v0.3.0';

/** The two replacements are those of InfluxDB's own go.mod, which Go does not take over from a dependency. */
const GO_MOD = `module evida.local/influxd

go 1.25.10

tool ${INFLUXD_PACKAGE}

require github.com/influxdata/influxdb/v2 v${INFLUXDB_VERSION}

replace github.com/nats-io/nats-streaming-server v0.11.2 => github.com/influxdata/nats-streaming-server v0.11.3-0.20201112040610-c277f7560803

replace google.golang.org/protobuf v1.30.0 => google.golang.org/protobuf v1.33.0
`;

/**
 * Builds influxd from source with Go and Rust: about five minutes on two cores, one to two if Go's caches are warm.
 *
 * @returns the path of the influxd in the work directory
 * @throws Error in plain words: the tools that are missing, or the end of the failed step's output
 */
export async function buildInfluxd(options: BuildOptions): Promise<string> {
  const { workDirectory, env, onProgress } = options;
  await requireTools(env);
  const influxd = join(workDirectory, 'influxd');
  await writeFile(join(workDirectory, 'go.mod'), GO_MOD);
  const build: Environment = {
    ...env,
    PATH: `${workDirectory}${delimiter}${env.PATH}`,
    GOBIN: workDirectory,
    GOFLAGS: '',
    GOWORK: 'off',
    GOTMPDIR: workDirectory,
    ...(await rustToolchain(options)),
  };
  const started = performance.now();
  const linkerFlags = `-s -w -X main.version=v${INFLUXDB_VERSION} -X main.commit=${INFLUXDB_COMMIT}`;
  const steps = [
    { title: 'reading its modules', args: ['mod', 'tidy'] },
    { title: 'preparing pkg-config', args: ['install', PKG_CONFIG_MODULE] },
    {
      title: 'compiling',
      args: [
        'build',
        '-tags',
        'sqlite_foreign_keys,sqlite_json',
        '-ldflags',
        linkerFlags,
        '-o',
        influxd,
        INFLUXD_PACKAGE,
      ],
      env: { PKG_CONFIG: join(workDirectory, 'pkg-config') },
    },
  ];
  for (const [index, step] of steps.entries()) {
    const say = () => {
      const elapsed = elapsedTime(performance.now() - started);
      onProgress(
        `Building InfluxDB ${INFLUXDB_VERSION} from source, step ${index + 1} of ${steps.length} (${step.title}), ${elapsed}`,
      );
    };
    say();
    const timer = setInterval(say, PROGRESS_EVERY_MS);
    try {
      await run({ ...options, env: { ...build, ...step.env } }, 'go', step.args);
    } finally {
      clearInterval(timer);
    }
  }
  return influxd;
}

async function requireTools(env: Environment): Promise<void> {
  const needed = { go: 'Go >= 1.25', cargo: 'Rust', gcc: 'gcc', 'pkg-config': 'pkg-config' };
  const missing: string[] = [];
  for (const [program, name] of Object.entries(needed)) {
    if ((await findOnPath(program, env)) === undefined) missing.push(name);
  }
  if (missing.length > 0) throw new Error(`missing on PATH: ${missing.join(', ')}`);
}

/** Flux pins a Rust version that rustup would fetch from the network; a toolchain that is installed does as well. */
async function rustToolchain(options: BuildOptions): Promise<Environment> {
  if (options.env.RUSTUP_TOOLCHAIN || (await findOnPath('rustup', options.env)) === undefined) return {};
  const installed = (await run(options, 'rustup', ['toolchain', 'list']))
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => /^(stable|beta|nightly|\d+\.\d+)/.test(name));
  const toolchain = installed.find((name) => name.startsWith('stable')) ?? installed[0];
  return toolchain === undefined ? {} : { RUSTUP_TOOLCHAIN: toolchain };
}

/** Runs one step under a supervisor, so that neither Ctrl-C nor SIGKILL leaves a compiler or a directory behind. */
async function run(
  { workDirectory, env, signal }: BuildOptions,
  program: string,
  args: string[],
): Promise<string> {
  signal?.throwIfAborted();
  const step = await superviseServer({
    name: `${program} ${args[0]}`,
    command: (await findOnPath(program, env)) ?? program,
    args,
    env,
    cwd: workDirectory,
    logFile: join(workDirectory, 'step.log'),
    stopSignal: 'SIGINT',
    wholeGroup: true,
    removeWhenStopped: workDirectory,
  });
  const abort = () => void step.stop();
  signal?.addEventListener('abort', abort, { once: true });
  const exit = await step.exited;
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  if (exit.code !== 0) {
    throw new Error(
      `"${program} ${args.join(' ')}" failed; its output ends with\n${await lastLines(step.logFile)}`,
    );
  }
  return readLog(step.logFile);
}

function elapsedTime(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s so far` : `${Math.floor(seconds / 60)} min ${seconds % 60} s so far`;
}
