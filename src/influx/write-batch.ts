import { HttpError, type InfluxDB, RequestTimedOutError } from '@influxdata/influxdb-client';
import { EvidaError, messageOf } from '../errors.ts';

/**
 * Writes lines of line protocol (times in ms) to one bucket; resolves when InfluxDB has confirmed them. The request is
 * given up when the signal is aborted.
 */
export type WriteBatch = (bucket: string, lines: readonly string[], signal?: AbortSignal) => Promise<void>;

/** A refusal or a failure of InfluxDB, with what a sender must know of it. */
export class WriteError extends EvidaError {
  /** How long InfluxDB wants to be left alone, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(error: unknown, operation: string) {
    const refusal = error instanceof HttpError ? error : undefined;
    const isRefused = refusal !== undefined && [400, 401, 403, 404, 413, 422].includes(refusal.statusCode);
    super(isRefused ? 'INFLUX_REFUSED' : 'INFLUX_UNAVAILABLE', {
      operation,
      cause: error,
      problem: problemOf(error),
      ...(isRefused && refusal.statusCode <= 404 && { hint: hintFor(refusal.statusCode) }),
    });
    const retryAfterMs = refusal?.retryAfter() ?? 0;
    this.retryAfterMs = retryAfterMs > 0 ? retryAfterMs : undefined;
  }
}

/** The one way in which Evida writes to InfluxDB: explicit batches, each confirmed or failed as a whole. */
export function createWriteBatch(influx: InfluxDB, org: string): WriteBatch {
  return async (bucket, lines, signal) => {
    // The transport leaves its listener behind: on a signal of this request's own, which goes with it.
    const own = signal && AbortSignal.any([signal]);
    const query = new URLSearchParams({ org, bucket, precision: 'ms' });
    try {
      await influx.transport.request(`/api/v2/write?${query}`, lines.join('\n'), {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        ...(own && { signal: own }),
      });
    } catch (error) {
      throw new WriteError(error, `writing ${lines.length} points to bucket ${bucket}`);
    }
  };
}

function problemOf(error: unknown): string {
  if (error instanceof RequestTimedOutError) return 'InfluxDB did not answer in time';
  return error instanceof HttpError ? `HTTP ${error.statusCode}: ${error.message}` : messageOf(error);
}

function hintFor(statusCode: number): string {
  if (statusCode === 400) return 'A point of the batch is not valid; this is a defect of Evida.';
  if (statusCode === 404) return 'Check INFLUX_ORG and the names of the buckets.';
  return 'Check that INFLUX_TOKEN may write to this bucket.';
}
