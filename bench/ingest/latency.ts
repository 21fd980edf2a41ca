import { setTimeout as delay } from 'node:timers/promises';
import { InfluxDB } from '@influxdata/influxdb-client';
import { connectAsync } from 'mqtt';
import { z } from 'zod';
import { collectRows, createQueryFlux } from '../../src/influx/query.ts';
import type { AcknowledgementTap } from './acknowledgement-tap.ts';
import type { Stage } from './stage.ts';

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export interface Latencies {
  /** From publish to Evida's acknowledgement, when it is on the disk, ms. */
  readonly acknowledgedMs: Quantiles;
  /** From publish to when a query finds the photograph of a change of status, without the time of settling, ms. */
  readonly queryableMs: Quantiles;
}

/** A box beside the fleet, for what is timed. */
export const TIMED_BOX = 900_000;
/** What stands before the dash of a voltage is ignored: it tells which message it is. */
export const TIMED_TOPIC = `VEbox_${TIMED_BOX}`;

const EVERY_MS = 20;
const STATUS_EVERY_MS = 400;
const QUERY_EVERY_MS = 20;
const SEEN_WITHIN_MS = 30_000;
const SETTLE_MS = 2000;

/** Times single messages and changes of status while the fleet talks. */
export async function timeLatencies(
  { broker, influx }: Stage,
  tap: AcknowledgementTap,
  seconds: number,
  signal: AbortSignal,
): Promise<Latencies> {
  const { url, username, password } = broker;
  const client = await connectAsync(url, { username, password });
  const publish = (topic: string, payload: string) => client.publishAsync(topic, payload, { qos: 1 });
  const acknowledged = timeAcknowledgements(tap, publish, seconds, signal);
  const queryable = timePhotographs(
    new InfluxDB({ url: influx.url, token: influx.adminToken }),
    publish,
    seconds,
    signal,
  );
  try {
    return { acknowledgedMs: quantiles(await acknowledged), queryableMs: quantiles(await queryable) };
  } finally {
    await client.endAsync(true);
  }
}

type Publish = (topic: string, payload: string) => Promise<unknown>;

async function timeAcknowledgements(
  tap: AcknowledgementTap,
  publish: Publish,
  seconds: number,
  signal: AbortSignal,
): Promise<number[]> {
  const publishedMs = new Map<string, number>();
  const times: number[] = [];
  tap.onAcknowledged = (payload) => {
    const number = payload.split('-')[0] ?? '';
    const startedMs = publishedMs.get(number);
    if (startedMs !== undefined) times.push(performance.now() - startedMs);
  };
  const messages = Math.round((seconds * 1000) / EVERY_MS);
  for (let number = 0; number < messages; number += 1) {
    publishedMs.set(String(number), performance.now());
    await publish(TIMED_TOPIC, `${number}-230`);
    await delay(EVERY_MS, undefined, { signal });
  }
  return times;
}

async function timePhotographs(
  influx: InfluxDB,
  publish: Publish,
  seconds: number,
  signal: AbortSignal,
): Promise<number[]> {
  const publishedMs = new Map<number, number>();
  const times: number[] = [];
  const queryFlux = createQueryFlux(influx, 'evida');
  const flux = `from(bucket: "history") |> range(start: -1m)
    |> filter(fn: (r) => r._measurement == "photograph" and r.box == "${TIMED_BOX}" and r._field == "energy_kwh")
    |> group()`;
  const look = async () => {
    for (const { _value } of await collectRows(queryFlux(flux, z.object({ _value: z.number() }), signal))) {
      const energyJ = Math.round(_value * 3.6e6);
      const startedMs = publishedMs.get(energyJ);
      if (startedMs === undefined) continue;
      publishedMs.delete(energyJ);
      times.push(performance.now() - startedMs - SETTLE_MS);
    }
  };
  const changes = Math.floor((seconds * 1000) / STATUS_EVERY_MS);
  const publishing = (async () => {
    for (let change = 0; change < changes; change += 1) {
      // Each outlet has rested since its turn before.
      const outlet = change % 10;
      const energyJ = 3600 * (change + 1);
      publishedMs.set(energyJ, performance.now());
      await Promise.all([
        publish(`SEbox_${TIMED_BOX}`, `${outlet}-${Math.floor(change / 10) % 2 === 0 ? 3 : 4}`),
        publish(`AEbox_${TIMED_BOX}`, `${outlet}-0`),
        publish(`PFEbox_${TIMED_BOX}`, `${outlet}-0`),
        publish(`PEbox_${TIMED_BOX}`, `${outlet}-${energyJ}`),
      ]);
      await delay(STATUS_EVERY_MS, undefined, { signal });
    }
  })();
  const deadline = performance.now() + seconds * 1000 + SEEN_WITHIN_MS;
  while (times.length < changes && performance.now() < deadline) {
    await look();
    await delay(QUERY_EVERY_MS, undefined, { signal });
  }
  await publishing;
  return times;
}

function quantiles(times: number[]): Quantiles {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) =>
    Math.round(10 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)) /
    10;
  return { p50: at(0.5), p99: at(0.99), count: sorted.length };
}
