import { type InfluxDB, RequestTimedOutError } from '@influxdata/influxdb-client';
import { WriteError } from './write-error.ts';

/**
 * Writes lines of line protocol (times in ms) to one bucket; resolves when InfluxDB has confirmed them. The request is
 * given up when the signal is aborted.
 * @throws WriteError
 */
export type WriteBatch = (bucket: string, lines: readonly string[], signal?: AbortSignal) => Promise<void>;

/** From so many bytes on, a request is compressed. */
const GZIP_BYTES = 1024;
const TIMEOUT_MS = 20_000;

/**
 * The one way in which Evida writes to InfluxDB: explicit batches, each confirmed or failed as a whole.
 * @param timeoutMs from the start of a request to the end of its answer
 */
export function createWriteBatch(influx: InfluxDB, org: string, timeoutMs = TIMEOUT_MS): WriteBatch {
  return async (bucket, lines, signal) => {
    const query = new URLSearchParams({ org, bucket, precision: 'ms' });
    // The transport leaves its listener on the signal that it is given, and after a timeout its socket open.
    const own = new AbortController();
    const abort = () => own.abort();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      abort();
    }, timeoutMs);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      await influx.transport.request(`/api/v2/write?${query}`, lines.join('\n'), {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        gzipThreshold: GZIP_BYTES,
        signal: own.signal,
      });
    } catch (error) {
      abort();
      const cause = isLate ? new RequestTimedOutError() : error;
      throw new WriteError(cause, `writing ${lines.length} points to bucket ${bucket}`);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  };
}
