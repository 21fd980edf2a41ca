import { InfluxDB } from '@influxdata/influxdb-client';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { EvidaError, messageOf } from '../errors.ts';
import { findBucket } from '../influx/buckets.ts';
import { createWriteBatch } from '../influx/write-batch.ts';
import { compareClocks, examine, type Finding, fault, ok } from './finding.ts';

const PART = 'InfluxDB';
const TIMEOUT_MS = 5000;
const Health = z.object({ version: z.string() });

/** Reach, version, clock, and what the token may do with the two buckets. */
export function examineInflux(config: Config, now: () => number): Promise<readonly Finding[]> {
  return examine(PART, 'Check INFLUX_URL, and that InfluxDB runs.', async () => {
    const { version, dateMs } = await askHealth(config.INFLUX_URL);
    const isFit = /^v?2\./.test(version);
    const findings = [
      isFit
        ? ok(PART, `version ${version} at ${config.INFLUX_URL}`)
        : fault(
            PART,
            `version ${version}: Evida needs InfluxDB 2, which has Flux`,
            'Run InfluxDB 2 (image tag 2.9).',
          ),
      compareClocks(PART, dateMs, now()),
    ];
    const influx = new InfluxDB({ url: config.INFLUX_URL, token: config.INFLUX_TOKEN, timeout: TIMEOUT_MS });
    for (const bucket of [config.INFLUX_TELEMETRY_BUCKET, config.INFLUX_HISTORY_BUCKET]) {
      findings.push(...(await examineBucket(influx, config.INFLUX_ORG, bucket)));
    }
    return findings;
  });
}

async function askHealth(url: string): Promise<{ version: string; dateMs: number }> {
  const operation = `asking ${url}`;
  try {
    const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { version } = Health.parse(await response.json());
    return { version, dateMs: Date.parse(response.headers.get('date') ?? '') };
  } catch (error) {
    throw new EvidaError('INFLUX_UNAVAILABLE', { operation, problem: messageOf(error), cause: error });
  }
}

/** A write of nothing shows the right to write, and leaves nothing. */
function examineBucket(influx: InfluxDB, org: string, bucket: string): Promise<readonly Finding[]> {
  return examine(PART, 'Check INFLUX_TOKEN; `evida setup` makes a token and the buckets.', async () => {
    if ((await findBucket(influx, org, bucket)) === undefined) {
      return [
        fault(
          PART,
          `there is no bucket ${bucket} that the token may read`,
          'Run `evida setup`, or check INFLUX_TOKEN.',
        ),
      ];
    }
    await createWriteBatch(influx, org)(bucket, []);
    return [ok(PART, `bucket ${bucket} may be read and written`)];
  });
}
