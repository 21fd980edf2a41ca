import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { until } from '../../src/embedded/until.ts';
import { Status } from '../../src/http/status.ts';
import { projectFile } from '../../src/project-file.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const KILL_AT = fileURLToPath(new URL('./kill-at.ts', import.meta.url));
const SETPRIV = '/usr/bin/setpriv';
const ANSWER_WITHIN_MS = 2000;
const LOOK_AT_MEMORY_EVERY_MS = 100;

/** `evida run` as an operator starts it, one process after the other on one DATA_DIR. */
export class EvidaProcess {
  /** The highest that any of its processes has needed, MB; 0 where the system does not tell. */
  memoryHighWaterMb = 0;
  starts = 0;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #exited: Promise<Exit> = Promise.resolve({ code: 0, signal: null });

  /** @param logFile gets what all of its processes say */
  constructor(environment: Readonly<Record<string, string>>, logFile: string) {
    this.#environment = environment;
    this.#logFile = logFile;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the process that was started last has ended. */
  get exited(): Promise<Exit> {
    return this.#exited;
  }

  /**
   * @param killAt where it kills itself: see kill-at.ts
   * @param changes to its environment, for this start
   */
  start(killAt?: string, changes: Readonly<Record<string, string>> = {}): void {
    const log = openSync(this.#logFile, 'a', 0o600);
    const preload = killAt === undefined ? [] : ['--import', killAtModule(dirname(this.#logFile))];
    const node = [process.execPath, ...preload, projectFile('dist', 'src', 'evida.js'), 'run'];
    // Ends with this process, whatever ends that.
    const command = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...node] : node;
    const child = spawn(command[0] ?? process.execPath, command.slice(1), {
      cwd: projectFile(),
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ...this.#environment,
        ...changes,
        ...(killAt !== undefined && { KILL_AT: killAt }),
      },
      // Ctrl-C is for the suite, which ends its parts in order.
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.starts += 1;
    const looking = setInterval(() => this.#lookAtMemory(child.pid), LOOK_AT_MEMORY_EVERY_MS);
    this.#exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearInterval(looking);
        this.#child = undefined;
        resolve({ code, signal });
      });
    });
  }

  /** SIGKILL, and until it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM, and until it is gone; SIGKILL if it does not end in time. */
  async stop(withinMs = 15_000): Promise<Exit> {
    const child = this.#child;
    child?.kill('SIGTERM');
    const late = setTimeout(() => child?.kill('SIGKILL'), withinMs);
    const exit = await this.#exited;
    clearTimeout(late);
    return exit;
  }

  /** What the process says of itself; undefined while it does not answer. */
  async status(): Promise<Status | undefined> {
    const pid = this.pid;
    if (pid === undefined) return undefined;
    const answer = await ask(`http://127.0.0.1:${this.#environment.HTTP_PORT}/status`);
    const status = answer === undefined ? undefined : Status.parse(answer);
    return status?.pid === pid ? status : undefined;
  }

  /** Until it says of itself what is waited for. @returns whether it did in time */
  untilStatus(condition: (status: Status) => boolean, withinMs: number): Promise<boolean> {
    return until(async () => {
      const status = await this.status();
      return status !== undefined && condition(status);
    }, withinMs);
  }

  /** All that its processes have said so far. */
  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : '';
  }

  #lookAtMemory(pid: number | undefined): void {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
      this.memoryHighWaterMb = Math.max(this.memoryHighWaterMb, Math.round(kilobytes / 1024));
    } catch {
      // It has just ended, or the system does not tell.
    }
  }
}

/** Undefined if there is no answer. */
async function ask(url: string): Promise<unknown> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })).json();
  } catch {
    return undefined;
  }
}

/** Kill-at.ts as JavaScript: what would load TypeScript takes time and memory, and neither is Evida's. */
function killAtModule(directory: string): string {
  const file = join(directory, 'kill-at.mjs');
  if (!existsSync(file)) {
    const { outputText } = ts.transpileModule(readFileSync(KILL_AT, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    writeFileSync(file, outputText);
  }
  return file;
}
