import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { basename } from 'node:path';
import type { KillPoint } from './kill-points.ts';

// Preloaded into an Evida (`--import`), it kills the process with SIGKILL at a chosen point, which production code knows
// nothing of: KILL_AT=committed:3 is the third time that a commit of messages has reached the disk, before anybody hears
// of it.

const [point, times = '1'] = (process.env.KILL_AT ?? '').split(':');
let left = Number(times);

const TOPIC = Buffer.from('Ebox_');
const POINT_RECORD = /(?:photograph|consumption|meter|connection),box=/;
const SEGMENT = /\.log$/;
const SNAPSHOT = /^snapshot-/;

/** Segments that got a message since they were synchronized. */
const withMessages = new Set<number>();

function here(reached: KillPoint): boolean {
  if (reached !== point) return false;
  left -= 1;
  return left === 0;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing more may happen until it is here.
  for (;;);
}

function fileOf(fd: number): string {
  try {
    return basename(fs.readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    return '';
  }
}

const { write, fdatasync, rename, unlink, writeSync } = fs;

type Written = (error: NodeJS.ErrnoException | null, written: number, bytes: Uint8Array) => void;

function writeOrDie(
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
  done: Written,
): void {
  const file = fileOf(fd);
  const dieHalfway = () => {
    writeSync(fd, bytes, offset, Math.ceil(length / 2), position);
    die();
  };
  if (SEGMENT.test(file)) {
    const content = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
    if (content.includes(TOPIC)) withMessages.add(fd);
    const text = point === 'decided' ? content.toString('latin1') : '';
    if (POINT_RECORD.test(text) && here('decided')) die();
    if (length > 100 && here('torn')) dieHalfway();
  }
  if (SNAPSHOT.test(file) && here('snapshot-half')) dieHalfway();
  write(fd, bytes, offset, length, position, done);
}

function syncOrDie(fd: number, done: fs.NoParamCallback): void {
  const hadMessages = withMessages.delete(fd);
  fdatasync(fd, (error) => {
    if (error === null && hadMessages && here('committed')) die();
    done(error);
  });
}

function renameOrDie(from: fs.PathLike, to: fs.PathLike, done: fs.NoParamCallback): void {
  if (SNAPSHOT.test(basename(String(to))) && here('snapshot-whole')) die();
  rename(from, to, done);
}

function unlinkOrDie(path: fs.PathLike, done: fs.NoParamCallback): void {
  unlink(path, (error) => {
    if (error === null && SEGMENT.test(basename(String(path))) && here('deleted')) die();
    done(error);
  });
}

// The journal calls these with exactly these arguments; other code may use their other forms, and gets those.
Object.assign(fs, {
  write: (...args: Parameters<typeof writeOrDie>) =>
    args.length === 6 ? writeOrDie(...args) : Reflect.apply(write, fs, args),
  fdatasync: syncOrDie,
  rename: renameOrDie,
  unlink: unlinkOrDie,
});

/** Both clients of Node.js tell of an answer before whoever waits for it learns of it. */
subscribe('http.client.response.finish', (told) => dieOfAnswer(told));
subscribe('undici:request:headers', (told) => dieOfAnswer(told));

function dieOfAnswer(told: unknown): void {
  const isWrite = String(propertyOf(propertyOf(told, 'request'), 'path')).startsWith('/api/v2/write');
  if (isWrite && propertyOf(propertyOf(told, 'response'), 'statusCode') === 204 && here('written')) die();
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
