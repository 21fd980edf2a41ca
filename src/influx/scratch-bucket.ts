import type { InfluxDB } from '@influxdata/influxdb-client';
import { BucketsAPI } from '@influxdata/influxdb-client-apis';
import { findBucket, orgId } from './buckets.ts';
import { toldByInflux } from './influx-error.ts';

/**
 * Makes an empty bucket for a piece of work, and removes it after it; one of the same name that a killed process left is
 * removed before.
 * @throws EvidaError INFLUX_UNAVAILABLE, INFLUX_REFUSED
 */
export async function inScratchBucket<T>(
  influx: InfluxDB,
  org: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const api = new BucketsAPI(influx);
  const remove = async (): Promise<void> => {
    const bucketID = (await findBucket(influx, org, name))?.id;
    if (bucketID !== undefined)
      await toldByInflux(`removing bucket ${name}`, () => api.deleteBucketsID({ bucketID }));
  };
  await remove();
  const orgID = await orgId(influx, org);
  await toldByInflux(`making bucket ${name}`, () =>
    api.postBuckets({ body: { orgID, name, retentionRules: [] } }),
  );
  try {
    return await work();
  } finally {
    await remove();
  }
}
