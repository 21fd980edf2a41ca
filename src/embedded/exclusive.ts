import { createHash } from 'node:crypto';
import { mkdir, realpath, rename, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EvidaError } from '../errors.ts';

interface ExclusiveOptions {
  /** How long to wait for the other process. */
  readonly waitMs?: number;
  /** Told once, if there is anything to wait for. */
  readonly onWait?: (holder: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Whose kind of socket is used; each works on Linux. */
  readonly platform?: NodeJS.Platform;
}

const ANSWER_WITHIN_MS = 1_000;

/**
 * Takes a directory for this process alone (it is created if missing). The lock is a listening socket whose
 * name is derived from the directory's real path, so the system gives it back when the process dies in any
 * way. It holds within one machine (on Linux, one network namespace).
 *
 * @param what what this process does there, told to the others: "the Evida demo"
 * @returns gives the directory back; calling it twice is harmless
 * @throws EvidaError DIRECTORY_IN_USE, which names the process that has it
 */
export async function acquireExclusive(
  directory: string,
  what: string,
  { waitMs = 0, onWait, signal, platform = process.platform }: ExclusiveOptions = {},
): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const path = socketPath(await realpath(directory), platform);
  const deadline = performance.now() + waitMs;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await listen(path, `${what}, process ${process.pid}`);
    if (lock !== undefined) return lock;
    const holder = await askHolder(path);
    if (holder === undefined) {
      if (isFile(path)) await removeStale(path);
      continue;
    }
    if (performance.now() >= deadline) {
      holder.socket.destroy();
      throw new EvidaError('DIRECTORY_IN_USE', {
        operation: `taking ${directory} for ${what}`,
        problem: `it is in use by ${holder.name}`,
        hint: 'stop that process, or choose another directory',
      });
    }
    if (!told) onWait?.(holder.name);
    told = true;
    await untilGone(holder, deadline - performance.now(), signal);
  }
}

interface Holder {
  readonly name: string;
  readonly socket: Socket;
  /** The connection ends when the holder gives the directory back or dies. */
  readonly gone: Promise<void>;
}

async function untilGone(
  { gone, socket }: Holder,
  withinMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const enough = new AbortController();
  const either = signal === undefined ? enough.signal : AbortSignal.any([enough.signal, signal]);
  await Promise.race([gone, delay(withinMs, undefined, { signal: either }).catch(() => undefined)]);
  enough.abort();
  socket.destroy();
}

function socketPath(directory: string, platform: NodeJS.Platform): string {
  const name = `evida-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
  // Linux: an abstract name, which needs no file and so cannot be left behind.
  if (platform === 'linux') return `\0${name}`;
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

function isFile(path: string): boolean {
  return !path.startsWith('\0') && !path.startsWith('\\\\.\\pipe\\');
}

function listen(path: string, name: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket.unref());
      socket.on('error', () => undefined).on('close', () => waiting.delete(socket));
      socket.resume().write(`${name}\n`);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(() => close(server, waiting));
    });
  });
}

function close(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of waiting) socket.destroy();
  });
}

/** Undefined if nobody listens there (any more). */
function askHolder(path: string): Promise<Holder | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const gone = new Promise<void>((ended) => socket.once('close', () => ended()));
    // It may be too busy to say its name, but it is there.
    const busy = setTimeout(() => resolve({ name: 'another process', socket, gone }), ANSWER_WITHIN_MS);
    socket.once('data', (name) => resolve({ name: name.toString().trim(), socket, gone }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES' && error.code !== 'EPERM') return;
      resolve({ name: "another user's process", socket, gone: delay(ANSWER_WITHIN_MS) });
    });
    socket.once('close', () => {
      clearTimeout(busy);
      resolve(undefined);
    });
  });
}

/** The file is moved away before it is judged: two that find the same dead socket must not remove a living one. */
async function removeStale(path: string): Promise<void> {
  const moved = `${path}.${process.pid}`;
  try {
    await rename(path, moved);
    const holder = await askHolder(moved);
    holder?.socket.destroy();
    await (holder === undefined ? unlink(moved) : rename(moved, path));
  } catch {
    // Somebody else was faster; the next attempt to listen shows how it is now.
  }
}
