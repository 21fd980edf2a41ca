import type { InfluxDB } from '@influxdata/influxdb-client';
import { AuthorizationsAPI, BucketsAPI, HealthAPI } from '@influxdata/influxdb-client-apis';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { findBucket } from '../influx/buckets.ts';
import { createInflux } from '../influx/connect.ts';
import { statusOf, toldByInflux } from '../influx/influx-error.ts';
import { createWriteBatch } from '../influx/write-batch.ts';
import { compareClocks, examine, type Finding, fault, faultIfThrown, ok, warning } from './finding.ts';

const PART = 'InfluxDB';
const TIMEOUT_MS = 5000;
const NOT_FOUND = 404;
/** The most that InfluxDB lists at once. */
const MOST_BUCKETS = 100;
const Health = z.object({ version: z.string() });

/** Reach, version, clock, organisation, and what the token may do: with the buckets, and besides. */
export function examineInflux(
  config: Config,
  now: () => number,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  return examine(PART, 'Check INFLUX_URL, and that InfluxDB runs.', deadlineMs, async () => {
    const { version, dateMs } = await askHealth(config);
    const isFit = /^v?2\./.test(version);
    return [
      isFit
        ? ok(PART, `version ${version} at ${config.INFLUX_URL}`)
        : fault(
            PART,
            `version ${version}: Evida needs InfluxDB 2, which has Flux`,
            'Run InfluxDB 2 (image tag 2.9).',
          ),
      compareClocks(PART, dateMs, now()),
      ...(await examineToken(config)),
    ];
  });
}

function askHealth(config: Config): Promise<{ version: string; dateMs: number }> {
  return toldByInflux(`asking ${config.INFLUX_URL}`, async () => {
    let dateMs = Number.NaN;
    const answer = await new HealthAPI(clientOf(config)).getHealth(undefined, {
      responseStarted: ({ date }) => {
        dateMs = Date.parse(String(date));
      },
    });
    return { version: Health.parse(answer).version, dateMs };
  });
}

function clientOf(config: Config): InfluxDB {
  return createInflux(config, config.INFLUX_TOKEN, TIMEOUT_MS);
}

function examineToken(config: Config): Promise<readonly Finding[]> {
  return faultIfThrown(PART, 'Check INFLUX_TOKEN and INFLUX_ORG.', async () => {
    const influx = clientOf(config);
    const org = config.INFLUX_ORG;
    const visible = await listBuckets(influx, org);
    if (visible === undefined) return [fault(PART, `there is no organisation ${org}`, 'Check INFLUX_ORG.')];
    const needed = [config.INFLUX_TELEMETRY_BUCKET, config.INFLUX_HISTORY_BUCKET];
    const findings: Finding[] = [];
    for (const bucket of needed) findings.push(...(await examineBucket(influx, org, bucket)));
    findings.push(...(await examineOperations(influx, org, config.INFLUX_OPERATIONS_BUCKET)));
    const others = visible.filter((name) => ![...needed, config.INFLUX_OPERATIONS_BUCKET].includes(name));
    if (others.length > 0 || (await mayListTokens(influx))) {
      findings.push(
        warning(PART, wordsOfExcess(others), '`evida setup` makes one for the three buckets only.'),
      );
    }
    return findings;
  });
}

/**
 * The names of the buckets that the token may see, or undefined if there is no such organisation: a token for buckets
 * may not ask for organisations, but a list of buckets, not asked for by name, is found in every organisation there is.
 */
async function listBuckets(influx: InfluxDB, org: string): Promise<string[] | undefined> {
  try {
    const { buckets = [] } = await toldByInflux(`listing the buckets of ${org}`, () =>
      new BucketsAPI(influx).getBuckets({ org, limit: MOST_BUCKETS }),
    );
    return buckets.map(({ name }) => name);
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** To a token that may not, the list is empty. */
async function mayListTokens(influx: InfluxDB): Promise<boolean> {
  const { authorizations = [] } = await toldByInflux('listing tokens', () =>
    new AuthorizationsAPI(influx).getAuthorizations({}),
  );
  return authorizations.length > 0;
}

function wordsOfExcess(others: readonly string[]): string {
  const words = 'the token may do more than Evida needs';
  if (others.length === 0) return `${words}: it may see other tokens`;
  return `${words}: it may see ${others.slice(0, 3).join(', ')}${others.length > 3 ? ' and more buckets' : ''}`;
}

/** Evida does without this one, but nobody is told then how it is. */
async function examineOperations(influx: InfluxDB, org: string, bucket: string): Promise<Finding[]> {
  return (await examineBucket(influx, org, bucket)).map((finding) =>
    finding.state === 'fault'
      ? warning(
          PART,
          `${finding.what}: what Evida says of itself is not kept`,
          finding.hint ?? 'Run `evida setup`.',
        )
      : finding,
  );
}

/** A write of nothing shows the right to write, and leaves nothing. */
function examineBucket(influx: InfluxDB, org: string, bucket: string): Promise<readonly Finding[]> {
  return faultIfThrown(PART, 'Check INFLUX_TOKEN; `evida setup` makes a token and the buckets.', async () => {
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
