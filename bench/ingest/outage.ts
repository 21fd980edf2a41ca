import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../../test/faults/tcp-proxy.ts';
import type { EvidaSubject } from './evida-subject.ts';
import { highWaterMb } from './process-usage.ts';

export interface OutageFigures {
  readonly seconds: number;
  /** Of the fleet, all the time. */
  readonly messagesPerSecond: number;
  /** Points that Evida decided on while InfluxDB was away. */
  readonly points: number;
  /** Until nothing was left, with more coming all the time. */
  readonly drainSeconds: number;
  /** Points written a second while it drained, and points that came a second. */
  readonly drainedPerSecond: number;
  readonly incomingPerSecond: number;
  readonly drainRatio: number;
  readonly rssMb: number;
}

const LOOK_EVERY_MS = 50;
const DRAIN_WITHIN_MS = 30 * 60_000;
/** So much is always on its way. */
const DRAINED_POINTS = 2000;

/** Takes InfluxDB away for so long while the fleet goes on, and sees how fast Evida catches up. */
export async function takeInfluxAway(
  evida: EvidaSubject,
  influx: TcpProxy,
  seconds: number,
  messagesPerSecond: number,
  signal: AbortSignal,
): Promise<OutageFigures> {
  const points = async () => {
    const books = (await evida.process.status())?.books?.points;
    if (books === undefined) throw new Error('Evida does not answer');
    return books;
  };
  const before = await points();
  await influx.close();
  await delay(seconds * 1000, undefined, { signal });
  const waiting = await points();
  await influx.listen();
  // It hears of it when it tries again; only then it drains.
  let began = await points();
  while (began.written === waiting.written) {
    await delay(LOOK_EVERY_MS, undefined, { signal });
    began = await points();
  }
  const startedMs = performance.now();
  const deadline = startedMs + DRAIN_WITHIN_MS;
  let now = began;
  while (now.unsent > DRAINED_POINTS) {
    if (performance.now() > deadline) throw new Error(`${now.unsent} points still wait`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
    now = await points();
  }
  const drainSeconds = (performance.now() - startedMs) / 1000;
  const incomingPerSecond = Math.round((waiting.decided - before.decided) / seconds);
  const drainedPerSecond = Math.round((now.written - began.written) / drainSeconds);
  return {
    seconds,
    messagesPerSecond,
    points: waiting.decided - before.decided,
    drainSeconds: Math.round(10 * drainSeconds) / 10,
    drainedPerSecond,
    incomingPerSecond,
    drainRatio: Math.round((10 * drainedPerSecond) / incomingPerSecond) / 10,
    rssMb: highWaterMb(evida.pid),
  };
}
