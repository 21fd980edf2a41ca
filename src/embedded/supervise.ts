import { type ChildProcess, spawn } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { EvidaError, messageOf } from '../errors.ts';

export interface SuperviseOptions {
  /** What a person calls the server; used in errors. */
  readonly name: string;
  readonly command: string;
  /** Visible to every user of the machine: secrets belong in `env` or in files of mode 0600. */
  readonly args: readonly string[];
  /** The server's whole environment; the environment of this process if absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Gets stdout and stderr, mode 0600; the log of the start before is kept as `<logFile>.previous`. */
  readonly logFile: string;
  readonly stopSignal: NodeJS.Signals;
  /** From the stop signal to SIGKILL. */
  readonly killAfterMs?: number;
  /** The stop signal also goes to what the command has started itself: a compiler's children. */
  readonly wholeGroup?: boolean;
  /** A directory that the supervisor removes after it had to stop the command, also when the parent was killed. */
  readonly removeWhenStopped?: string;
}

/** What the parent writes to its supervisor, as one line of JSON. */
export interface SupervisorOrder extends Omit<SuperviseOptions, 'name'> {
  readonly killAfterMs: number;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface SupervisedServer {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves once the server is gone, whatever the reason; never rejects. */
  readonly exited: Promise<ServerExit>;
  /** Stops the server and waits until it is gone. Stopping twice is harmless. */
  stop(): Promise<void>;
}

const SUPERVISOR = fileURLToPath(new URL(`./supervisor${extname(import.meta.url)}`, import.meta.url));
const KILL_AFTER_MS = 3_000;

const report = z.union([
  z.object({ pid: z.number().int().positive() }),
  z.object({ error: z.string() }),
  z.object({ code: z.number().nullable(), signal: z.string().nullable() }),
]);

/**
 * Starts a server under a supervisor process of its own, which stops it when told to, and also when this
 * process dies in any way: Node has no parent-death signal, but a pipe ends with the process that holds it.
 * Both live in a session of their own, so Ctrl-C reaches only this process, which stops its parts in order.
 *
 * @throws EvidaError EMBEDDED_START if the command cannot be run at all
 */
export async function superviseServer(options: SuperviseOptions): Promise<SupervisedServer> {
  const { name, logFile, killAfterMs = KILL_AFTER_MS } = options;
  await rename(logFile, `${logFile}.previous`).catch(() => undefined);
  const supervisor = spawn(process.execPath, [...loaderFlags(), SUPERVISOR], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const order: SupervisorOrder = { ...options, env: options.env ?? process.env, killAfterMs };
  // An early death shows as a missing report; the write itself need not complain.
  supervisor.stdin.on('error', () => undefined);
  supervisor.stdin.write(`${JSON.stringify(order)}\n`);
  const { started, exited } = follow(supervisor, supervisor.stdout, supervisor.stderr);
  const pid = await started.catch((error: unknown) => {
    supervisor.stdin.end();
    throw new EvidaError('EMBEDDED_START', {
      operation: `starting ${name}`,
      problem: `${options.command} cannot be run: ${messageOf(error)}`,
      cause: error,
    });
  });

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    supervisor.stdin.end();
    // Only for a supervisor that hangs: it sends SIGKILL itself after killAfterMs.
    const lastResort = setTimeout(() => killAll(pid, supervisor), killAfterMs + 5_000);
    await exited;
    clearTimeout(lastResort);
  }
  return {
    name,
    pid,
    logFile,
    exited,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function follow(supervisor: ChildProcess, stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream) {
  let complaint = '';
  stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000);
  });
  let exit: ServerExit = { code: null, signal: 'SIGKILL' };
  let settle: { resolve(pid: number): void; reject(error: Error): void };
  const started = new Promise<number>((resolve, reject) => {
    settle = { resolve, reject };
  });
  createInterface({ input: stdout }).on('line', (line) => {
    const said = parseReport(line);
    if (said === undefined) complaint = `${complaint}${line}\n`;
    else if ('pid' in said) settle.resolve(said.pid);
    else if ('error' in said) settle.reject(new Error(said.error));
    else exit = said;
  });
  const exited = new Promise<ServerExit>((resolve) => {
    supervisor.once('error', (error) => {
      settle.reject(error);
      resolve(exit);
    });
    supervisor.once('close', () => {
      settle.reject(new Error(complaint.trim() || 'its supervisor ended early'));
      resolve(exit);
    });
  });
  return { started, exited };
}

/** Undefined for anything else that something preloaded by NODE_OPTIONS may have printed. */
function parseReport(line: string): z.output<typeof report> | undefined {
  try {
    return report.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** What this process was given to run TypeScript; a debugger's port or a script of `-e` must not be passed on. */
function loaderFlags(): string[] {
  if (extname(SUPERVISOR) !== '.ts') return [];
  const flags: string[] = [];
  process.execArgv.forEach((flag, index, all) => {
    const match = /^(?:--import|--require|-r|--loader|--experimental-loader)(=|$)/.exec(flag);
    if (match === null) return;
    flags.push(flag);
    const value = all[index + 1];
    if (match[1] === '' && value !== undefined) flags.push(value);
  });
  return flags;
}

function killAll(pid: number, supervisor: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
  supervisor.kill('SIGKILL');
}
