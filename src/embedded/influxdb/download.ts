import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { OnProgress } from '../part.ts';
import { ARCHIVE_SHA256, INFLUXDB_VERSION, releaseTarget } from './release.ts';

export const DEFAULT_DOWNLOAD_URL = 'https://dl.influxdata.com/influxdb/releases';

/** A host out of reach must be noticed fast: building comes next. */
const ANSWER_WITHIN_MS = 10_000;
const STALLED_AFTER_MS = 30_000;
const PROGRESS_EVERY_MS = 15_000;

interface DownloadOptions {
  /** Gets the archive and what is in it. */
  readonly workDirectory: string;
  readonly baseUrl: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal | undefined;
  /** By release target; a target that is not listed is checked against the `.sha256` file beside the archive. */
  readonly checksums?: Readonly<Record<string, string>>;
}

/**
 * Downloads the official release, checks it and unpacks it.
 *
 * @returns the path of the influxd in the work directory
 * @throws Error in plain words: no release for this machine, the host, the checksum, the archive
 */
export async function downloadInfluxd(options: DownloadOptions): Promise<string> {
  const { workDirectory, baseUrl, onProgress, signal, checksums = ARCHIVE_SHA256 } = options;
  const target = releaseTarget();
  if (target === undefined) throw new Error(`there is no release for ${process.platform} ${process.arch}`);
  const url = `${baseUrl.replace(/\/+$/, '')}/influxdb2-${INFLUXDB_VERSION}_${target}.tar.gz`;
  const archive = join(workDirectory, 'influxdb.tar.gz');

  onProgress(`Downloading InfluxDB ${INFLUXDB_VERSION} from ${new URL(url).host}`);
  const expected = checksums[target] ?? (await publishedChecksum(`${url}.sha256`, signal));
  const actual = await fetchToFile(url, archive, onProgress, signal);
  if (actual !== expected) {
    throw new Error(
      `${url} has the SHA-256 ${actual} instead of ${expected}: it is damaged or not the release`,
    );
  }
  await promisify(execFile)('tar', ['-xzf', archive, '-C', workDirectory], { ...(signal && { signal }) });
  const entries = await readdir(workDirectory, { recursive: true, withFileTypes: true });
  const influxd = entries.find((entry) => entry.isFile() && entry.name === 'influxd');
  if (influxd === undefined) throw new Error(`${url} holds no influxd`);
  const path = join(influxd.parentPath, influxd.name);
  await chmod(path, 0o755);
  return path;
}

async function publishedChecksum(url: string, signal: AbortSignal | undefined): Promise<string> {
  const text = await (await answer(url, signal)).text();
  const [checksum] = /\b[0-9a-f]{64}\b/i.exec(text) ?? [];
  if (checksum === undefined) throw new Error(`${url} holds no SHA-256`);
  return checksum.toLowerCase();
}

async function fetchToFile(
  url: string,
  file: string,
  onProgress: OnProgress,
  signal: AbortSignal | undefined,
): Promise<string> {
  const stalled = new AbortController();
  const response = await answer(
    url,
    signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
  );
  if (response.body === null) throw new Error(`${url} is empty`);
  const hash = createHash('sha256');
  const totalMb = Number(response.headers.get('content-length') ?? 0) / 1e6;
  let receivedMb = 0;
  const stall = setTimeout(
    () => stalled.abort(new Error(`nothing came for ${STALLED_AFTER_MS / 1000} s`)),
    STALLED_AFTER_MS,
  );
  const progress = setInterval(() => {
    const of = totalMb > 0 ? ` of ${totalMb.toFixed(0)}` : '';
    onProgress(`Downloading InfluxDB ${INFLUXDB_VERSION}: ${receivedMb.toFixed(0)}${of} MB`);
  }, PROGRESS_EVERY_MS);
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      receivedMb += chunk.length / 1e6;
      stall.refresh();
      done(null, chunk);
    },
  });
  try {
    await pipeline(response.body, measured, createWriteStream(file));
  } finally {
    clearTimeout(stall);
    clearInterval(progress);
  }
  return hash.digest('hex');
}

async function answer(url: string, signal: AbortSignal | undefined): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`${url} did not answer within ${ANSWER_WITHIN_MS / 1000} s`)),
    ANSWER_WITHIN_MS,
  );
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}
