import type { InfluxDB } from '@influxdata/influxdb-client';
import { type Bucket, BucketsAPI, OrgsAPI } from '@influxdata/influxdb-client-apis';
import type { Config } from '../config.ts';
import { EvidaError } from '../errors.ts';
import { kept, type PlannedChange } from '../planned-change.ts';
import { asInfluxError, statusOf, toldByInflux } from './influx-error.ts';

const NOT_FOUND = 404;

/** The names and retention that the environment gives the two buckets of the boxes. */
export type BucketConfig = Pick<
  Config,
  'INFLUX_ORG' | 'INFLUX_TELEMETRY_BUCKET' | 'INFLUX_TELEMETRY_RETENTION' | 'INFLUX_HISTORY_BUCKET'
>;
/** The same for that of Evida's own state. */
export type OperationsBucketConfig = Pick<
  Config,
  'INFLUX_ORG' | 'INFLUX_OPERATIONS_BUCKET' | 'INFLUX_OPERATIONS_RETENTION'
>;

/**
 * Creates those of the two buckets of the boxes that do not exist yet; one that does is left as it is. Gives the names of
 * the new ones.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED
 */
export async function createBuckets(influx: InfluxDB, config: BucketConfig): Promise<string[]> {
  return await createMissing(await planAll(influx, config.INFLUX_ORG, bucketsOfBoxes(config)));
}

/** The same for the bucket of Evida's own state. */
export async function createOperationsBucket(
  influx: InfluxDB,
  config: OperationsBucketConfig,
): Promise<string[]> {
  return await createMissing(await planAll(influx, config.INFLUX_ORG, [bucketOfOperations(config)]));
}

/** What is to be done so that all buckets exist with their retention. @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED */
export async function planBuckets(
  influx: InfluxDB,
  config: BucketConfig & OperationsBucketConfig,
): Promise<PlannedChange[]> {
  return await planAll(influx, config.INFLUX_ORG, [...bucketsOfBoxes(config), bucketOfOperations(config)]);
}

interface BucketWanted {
  readonly name: string;
  readonly retentionMs: number;
}

const bucketsOfBoxes = (config: BucketConfig): readonly BucketWanted[] => [
  { name: config.INFLUX_TELEMETRY_BUCKET, retentionMs: config.INFLUX_TELEMETRY_RETENTION },
  { name: config.INFLUX_HISTORY_BUCKET, retentionMs: 0 },
];

const bucketOfOperations = (config: OperationsBucketConfig): BucketWanted => ({
  name: config.INFLUX_OPERATIONS_BUCKET,
  retentionMs: config.INFLUX_OPERATIONS_RETENTION,
});

async function planAll(
  influx: InfluxDB,
  org: string,
  wanted: readonly BucketWanted[],
): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (const { name, retentionMs } of wanted) changes.push(await planBucket(influx, org, name, retentionMs));
  return changes;
}

async function createMissing(planned: readonly PlannedChange[]): Promise<string[]> {
  const missing = planned.filter(({ action }) => action === 'create');
  for (const { apply } of missing) await apply?.();
  return missing.map(({ what }) => what);
}

async function planBucket(
  influx: InfluxDB,
  org: string,
  name: string,
  retentionMs: number,
): Promise<PlannedChange> {
  const bucketsApi = new BucketsAPI(influx);
  const everySeconds = Math.round(retentionMs / 1000);
  const retentionRules = [{ type: 'expire' as const, everySeconds }];
  const what = `bucket ${name}, points kept ${everySeconds === 0 ? 'for ever' : `${everySeconds / 86_400} days`}`;
  const bucket = await findBucket(influx, org, name);
  if (bucket === undefined) {
    const create = async () =>
      void (await bucketsApi.postBuckets({
        body: { orgID: await orgId(influx, org), name, retentionRules },
      }));
    return { action: 'create', what, apply: () => toldByInflux(`setting up ${what}`, create) };
  }
  const bucketID = bucket.id;
  const current = bucket.retentionRules[0]?.everySeconds ?? 0;
  if (current === everySeconds || bucketID === undefined) return kept(what);
  const update = async () => void (await bucketsApi.patchBucketsID({ bucketID, body: { retentionRules } }));
  return { action: 'update', what, apply: () => toldByInflux(`setting up ${what}`, update) };
}

/** A bucket by its name, as far as the token may see it. @throws EvidaError INFLUX_REFUSED if there is no such organisation */
export async function findBucket(influx: InfluxDB, org: string, name: string): Promise<Bucket | undefined> {
  const bucketsApi = new BucketsAPI(influx);
  try {
    return (await bucketsApi.getBuckets({ org, name })).buckets?.[0];
  } catch (error) {
    if (statusOf(error) !== NOT_FOUND) throw asInfluxError(error, `looking for bucket ${name}`);
    // It is the bucket, or the organisation, that is not found: without the name, it can only be the latter.
    await toldByInflux(`looking for organisation ${org}`, () => bucketsApi.getBuckets({ org, limit: 1 }));
    return undefined;
  }
}

/** The id of an organisation. @throws EvidaError INFLUX_REFUSED if there is none that the token may see */
export async function orgId(influx: InfluxDB, org: string): Promise<string> {
  const operation = `looking for organisation ${org}`;
  const { orgs } = await toldByInflux(operation, () => new OrgsAPI(influx).getOrgs({ org }));
  const id = orgs?.[0]?.id;
  if (id !== undefined) return id;
  throw new EvidaError('INFLUX_REFUSED', {
    operation,
    problem: 'there is none of this name that the token may see',
    hint: 'Check INFLUX_ORG. Buckets are made by `evida setup`, with INFLUX_ADMIN_TOKEN.',
  });
}
