import fs from 'node:fs';
import { EvidaError } from '../errors.ts';

/*
 * The calls to the disk that the log is made of, each one system call (or one until all is done), as promises.
 * Callbacks on descriptors are several times cheaper than file handles, and the tests of faults replace them by
 * name, which is why they are looked up on `fs` with each call.
 */

/** Only the user of this process may read what lies in DATA_DIR. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

export function open(path: string, flags: string): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.open(path, flags, FILE_MODE, (error, fd) => (error === null ? resolve(fd) : reject(error))),
  );
}

export function close(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fs.close(fd, settle(resolve, reject)));
}

/** Writes `bytes[0, length)` at `position`. */
export async function writeAll(
  fd: number,
  bytes: Uint8Array,
  length: number,
  position: number,
): Promise<void> {
  for (let done = 0; done < length; ) done += await write(fd, bytes, done, length - done, position + done);
}

function write(fd: number, bytes: Uint8Array, from: number, length: number, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.write(fd, bytes, from, length, at, (error, written) =>
      error === null ? resolve(written) : reject(error),
    ),
  );
}

/** Reads into `bytes[from, from + length)`. @returns how much there was: less only at the end of the file */
export async function readAll(
  fd: number,
  bytes: Uint8Array,
  from: number,
  length: number,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < length) {
    const count = await read(fd, bytes, from + done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function read(fd: number, bytes: Uint8Array, from: number, length: number, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.read(fd, bytes, from, length, at, (error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

/** What was written to the file is on the disk when it resolves. */
export function dataSync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fs.fdatasync(fd, settle(resolve, reject)));
}

export function truncate(fd: number, length: number): Promise<void> {
  return new Promise((resolve, reject) => fs.ftruncate(fd, length, settle(resolve, reject)));
}

export function rename(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => fs.rename(from, to, settle(resolve, reject)));
}

export function unlink(path: string): Promise<void> {
  return new Promise((resolve, reject) => fs.unlink(path, settle(resolve, reject)));
}

/** The same if it is there. */
export async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

export function fileStatus(fd: number): Promise<fs.Stats> {
  return new Promise((resolve, reject) =>
    fs.fstat(fd, (error, stats) => (error === null ? resolve(stats) : reject(error))),
  );
}

/** The names in a directory, sorted. */
export function namesIn(directory: string): Promise<string[]> {
  return new Promise((resolve, reject) =>
    fs.readdir(directory, (error, names) => (error === null ? resolve(names.sort()) : reject(error))),
  );
}

export function makeDirectory(path: string): Promise<void> {
  return new Promise((resolve, reject) =>
    fs.mkdir(path, { recursive: true, mode: DIRECTORY_MODE }, (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
}

/** Files made, renamed or removed are so on the disk when it resolves. Windows cannot open directories, and needs no such thing. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await withFile(
    path,
    'r',
    (fd) => new Promise<void>((resolve, reject) => fs.fsync(fd, settle(resolve, reject))),
  );
}

/** Opens a file for as long as `work` takes. */
export async function withFile<T>(path: string, flags: string, work: (fd: number) => Promise<T>): Promise<T> {
  const fd = await open(path, flags);
  try {
    return await work(fd);
  } finally {
    await close(fd);
  }
}

/** The code of a system call's error ("ENOSPC"); undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** An error of the disk that may pass: it is full, read-only, or somebody else's. */
export function refusedByDisk(operation: string, cause: unknown): EvidaError {
  return new EvidaError('JOURNAL_REFUSED', {
    operation,
    hint: 'Check that DATA_DIR belongs to the user of this process, and that its disk has room.',
    cause,
  });
}

function settle(resolve: () => void, reject: (error: Error) => void): (error?: Error | null) => void {
  return (error) => (error == null ? resolve() : reject(error));
}
