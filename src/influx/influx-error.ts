import { HttpError } from '@influxdata/influxdb-client';
import { EvidaError, messageOf } from '../errors.ts';
import { tlsHint } from '../tls-hint.ts';

/** What to do about a connection that TLS refused, if it did. */
export function influxTlsHint(error: unknown): { hint?: string } {
  const hint = tlsHint(error, { ca: 'INFLUX_CA_FILE' });
  return hint === undefined ? {} : { hint };
}

/** What the client library threw, as an error that says whether waiting helps; others of Evida's are kept. */
export function asInfluxError(error: unknown, operation: string): EvidaError {
  if (error instanceof EvidaError) return error;
  if (!(error instanceof HttpError) || error.statusCode >= 500 || error.statusCode === 429) {
    return new EvidaError('INFLUX_UNAVAILABLE', {
      operation,
      problem: messageOf(error),
      cause: error,
      ...influxTlsHint(error),
    });
  }
  const isDenied = error.statusCode === 401 || error.statusCode === 403;
  return new EvidaError('INFLUX_REFUSED', {
    operation,
    problem: `HTTP ${error.statusCode}: ${error.message}`,
    cause: error,
    ...(isDenied && {
      hint: 'Check the token and what it may do; `evida setup` makes one that may do what Evida needs.',
    }),
  });
}

/** Does something with the client library; what that throws is an error that says what was being done. */
export async function toldByInflux<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asInfluxError(error, operation);
  }
}

/** The HTTP status with which InfluxDB refused, if it did. */
export function statusOf(error: unknown): number | undefined {
  const cause = error instanceof EvidaError ? error.cause : error;
  return cause instanceof HttpError ? cause.statusCode : undefined;
}
