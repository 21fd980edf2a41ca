import { HttpError, RequestTimedOutError } from '@influxdata/influxdb-client';
import { EvidaError, messageOf } from '../errors.ts';
import { influxTlsHint } from './influx-error.ts';

/**
 * What a failed write asks for: the same again later (`unavailable`), the same once somebody has mended something
 * (`denied`), fewer points (`too-large`), or other points (`invalid`: something of these is wrong).
 */
export type WriteFailure = 'unavailable' | 'denied' | 'too-large' | 'invalid';

/** Nobody is asked to wait longer than this, whatever the answer says. */
const MOST_RETRY_AFTER_MS = 5 * 60_000;

/** A refusal or a failure of InfluxDB, with what a sender must know of it. */
export class WriteError extends EvidaError {
  readonly failure: WriteFailure;
  /** The HTTP status, or `timeout`, or `unreachable`. */
  readonly answer: string;
  /** How long InfluxDB wants to be left alone, ms. */
  readonly retryAfterMs: number | undefined;
  /** Why the points are wrong, in words that are the same for the next ones. */
  readonly reason: string;
  /** How many points of the request InfluxDB says it has not written, where it says so. */
  readonly dropped: number | undefined;

  constructor(error: unknown, operation: string) {
    const refusal = error instanceof HttpError ? error : undefined;
    const failure = refusal === undefined ? 'unavailable' : failureOf(refusal);
    const hint = refusal && failure !== 'unavailable' ? hintFor(refusal.statusCode, failure) : undefined;
    super(failure === 'unavailable' ? 'INFLUX_UNAVAILABLE' : 'INFLUX_REFUSED', {
      operation,
      cause: error,
      problem: problemOf(error),
      ...(hint === undefined ? influxTlsHint(error) : { hint }),
    });
    this.failure = failure;
    this.answer = refusal ? String(refusal.statusCode) : isTimeout(error) ? 'timeout' : 'unreachable';
    this.retryAfterMs = refusal && retryAfterMs(refusal);
    this.reason = failure === 'too-large' ? 'too large' : reasonOf(messageOf(error));
    this.dropped = droppedOf(messageOf(error));
  }
}

function failureOf({ statusCode, code }: HttpError): WriteFailure {
  if (statusCode >= 500 || [408, 425, 429].includes(statusCode)) return 'unavailable';
  if (statusCode === 413) return 'too-large';
  // A 400 without the code that InfluxDB gives with its own is not about points: a proxy, or HTTP where HTTPS is spoken.
  return [400, 422].includes(statusCode) && code !== undefined ? 'invalid' : 'denied';
}

function hintFor(statusCode: number, failure: WriteFailure): string | undefined {
  if (failure === 'invalid') return 'A point of the batch is not valid; this is a defect of Evida.';
  if (failure === 'too-large') return undefined;
  if (statusCode === 401 || statusCode === 403) return 'Check that INFLUX_TOKEN may write to this bucket.';
  if (statusCode === 404) return 'Check INFLUX_URL, INFLUX_ORG and the names of the buckets.';
  return 'Check INFLUX_URL: this is not how InfluxDB answers a write.';
}

function isTimeout(error: unknown): boolean {
  return error instanceof RequestTimedOutError;
}

function problemOf(error: unknown): string {
  if (isTimeout(error)) return 'InfluxDB did not answer in time';
  return error instanceof HttpError ? `HTTP ${error.statusCode}: ${error.message}` : messageOf(error);
}

/** Retry-After is in seconds or a date. The date is read against the clock of who sent it. */
function retryAfterMs({ headers }: HttpError): number | undefined {
  const given = String(headers?.['retry-after'] ?? '');
  const ms = /^\d+$/.test(given)
    ? Number(given) * 1000
    : Date.parse(given) - Date.parse(String(headers?.date ?? ''));
  return ms > 0 ? Math.min(ms, MOST_RETRY_AFTER_MS) : undefined;
}

/** InfluxDB's words without what belongs to the single point: its line, its time, the number of points. */
function reasonOf(message: string): string {
  return message
    .replace(/^failure writing points to database: /, '')
    .replace(/^unable to parse '.*': /s, 'unable to parse: ')
    .replace(/^partial write: dropped \d+ points (outside retention policy.*?) - .*$/s, 'partial write: $1')
    .replace(/ dropped=\d+.*$/s, '');
}

function droppedOf(message: string): number | undefined {
  const dropped = /^failure writing points to database: partial write: .* dropped=(\d+)/s.exec(message)?.[1];
  return dropped === undefined ? undefined : Number(dropped);
}
