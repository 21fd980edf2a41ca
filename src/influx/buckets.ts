import { HttpError, type InfluxDB } from '@influxdata/influxdb-client';
import { BucketsAPI, OrgsAPI } from '@influxdata/influxdb-client-apis';
import type { Config } from '../config.ts';
import { EvidaError, messageOf } from '../errors.ts';

interface BucketSettings {
  readonly name: string;
  /** How long points are kept, ms; 0 = for ever. */
  readonly retentionMs: number;
}

/** The names and retention that the environment gives the two buckets. */
export type BucketConfig = Pick<
  Config,
  'INFLUX_ORG' | 'INFLUX_TELEMETRY_BUCKET' | 'INFLUX_TELEMETRY_RETENTION' | 'INFLUX_HISTORY_BUCKET'
>;

/**
 * Creates those of the two buckets that do not exist yet; one that does is left as it is. Gives the names of the new ones.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED
 */
export async function createBuckets(influx: InfluxDB, config: BucketConfig): Promise<string[]> {
  const org = config.INFLUX_ORG;
  const buckets: readonly BucketSettings[] = [
    { name: config.INFLUX_TELEMETRY_BUCKET, retentionMs: config.INFLUX_TELEMETRY_RETENTION },
    { name: config.INFLUX_HISTORY_BUCKET, retentionMs: 0 },
  ];
  const created: string[] = [];
  try {
    const orgId = (await new OrgsAPI(influx).getOrgs({ org })).orgs?.[0]?.id;
    if (orgId === undefined) throw new Error(`there is no organisation ${org}`);
    const bucketsApi = new BucketsAPI(influx);
    for (const { name, retentionMs } of buckets) {
      if (((await findBucket(bucketsApi, orgId, name)) ?? 0) > 0) continue;
      const everySeconds = Math.round(retentionMs / 1000);
      await bucketsApi.postBuckets({
        body: { orgID: orgId, name, retentionRules: [{ type: 'expire', everySeconds }] },
      });
      created.push(name);
    }
    return created;
  } catch (error) {
    throw asInfluxError(error, `setting up the buckets ${buckets.map(({ name }) => name).join(', ')}`);
  }
}

async function findBucket(bucketsApi: BucketsAPI, orgID: string, name: string): Promise<number | undefined> {
  try {
    return (await bucketsApi.getBuckets({ orgID, name })).buckets?.length;
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 404) return 0;
    throw error;
  }
}

/** What the client library threw, as an error that says whether waiting helps. */
export function asInfluxError(error: unknown, operation: string): EvidaError {
  if (error instanceof HttpError && error.statusCode < 500 && error.statusCode !== 429) {
    return new EvidaError('INFLUX_REFUSED', {
      operation,
      problem: `HTTP ${error.statusCode}: ${error.message}`,
      cause: error,
    });
  }
  return new EvidaError('INFLUX_UNAVAILABLE', { operation, problem: messageOf(error), cause: error });
}
