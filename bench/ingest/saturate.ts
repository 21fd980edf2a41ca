import { setTimeout as delay } from 'node:timers/promises';
import type { MqttServerPart } from '../../src/embedded/mosquitto.ts';
import { cpuUs, highWaterMb } from './process-usage.ts';
import type { PublisherProcess } from './publisher-process.ts';
import type { Subject } from './subject.ts';

export interface Figures {
  /** From publish to confirmed in InfluxDB, sustained. */
  readonly messagesPerSecond: number;
  /** User and kernel, all threads. */
  readonly cpuUsPerMessage: number;
  /** High-water mark since its start, MB. */
  readonly rssMb: number;
  readonly messages: number;
  readonly seconds: number;
}

/** What the subject may be behind: more than it holds at once, so that it never waits for the fleet. */
const MOST_BEHIND = 40_000;
const LOOK_EVERY_MS = 100;
/** The first values of everything, and the first allocations of everybody, are not what is sustained. */
const WARM_UP_MS = 10_000;
const DRAIN_WITHIN_MS = 120_000;

/**
 * Lets the fleet say as much as the subject takes, for so long; and until all of it is confirmed, which counts as well.
 * @throws the signal's reason once it is aborted
 */
export async function saturate(
  subject: Subject,
  publisher: PublisherProcess,
  broker: MqttServerPart,
  seconds: number,
  signal: AbortSignal,
): Promise<Figures> {
  const { username, password } = broker;
  const port = Number(new URL(broker.url).port);
  const taken0 = await subject.taken();
  await publisher.begin({
    ...{ port, username, password, perSecond: Number.POSITIVE_INFINITY, rewinds: true },
  });
  const taken = async () => (await subject.taken()) - taken0;
  const lead = async (untilMs: number) => {
    while (performance.now() < untilMs) {
      publisher.allow((await taken()) + MOST_BEHIND);
      await delay(LOOK_EVERY_MS, undefined, { signal });
    }
  };
  await lead(performance.now() + WARM_UP_MS);
  const startedMs = performance.now();
  const before = { taken: await taken(), cpuUs: cpuUs(subject.pid) };
  await lead(startedMs + seconds * 1000);
  await publisher.end();
  const deadline = performance.now() + DRAIN_WITHIN_MS;
  while ((await taken()) < publisher.published || !(await subject.isDone())) {
    if (performance.now() > deadline) {
      const problem = `${publisher.published} messages were published, ${await taken()} are in InfluxDB`;
      throw new Error(`${subject.name} does not come to an end: ${problem}`);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
  const elapsedS = (performance.now() - startedMs) / 1000;
  const messages = publisher.published - before.taken;
  return {
    messagesPerSecond: Math.round(messages / elapsedS),
    cpuUsPerMessage: Math.round((10 * (cpuUs(subject.pid) - before.cpuUs)) / messages) / 10,
    rssMb: highWaterMb(subject.pid),
    messages,
    seconds: Math.round(elapsedS * 10) / 10,
  };
}
