import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { FleetPackets } from './fleet-packets.ts';
import type { Order, Report } from './publisher-protocol.ts';
import { RawConnection } from './raw-connection.ts';

// The fleet's side of the benchmark, in a process of its own: what it says was made before, so that next to nothing of
// the machine goes into saying it. It says no more than its orders allow.

const SLICE = 500;
/** Not answered by the broker yet. */
const MOST_IN_FLIGHT = 20_000;
const REPORT_EVERY_MS = 50;
const IDLE_MS = 2;

let packets: FleetPackets | undefined;
let connection: RawConnection | undefined;
let published = 0;
let allowed = 0;
let running: Promise<void> = Promise.resolve();
let isStopped = true;

function report(what: Report): void {
  process.send?.(what);
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'make': {
      packets ??= new FleetPackets(order.boxes, order.seed);
      // In slices, so that it can be stopped.
      for (let made = packets.made; made < order.messages; made += 50_000) {
        packets.make(Math.min(order.messages, made + 50_000));
        report({ kind: 'made', messages: packets.made });
        await turn();
      }
      report({ kind: 'ready' });
      return;
    }
    case 'begin':
      connection = await RawConnection.open(order);
      published = 0;
      allowed = 0;
      if (order.rewinds) packets?.rewind();
      isStopped = false;
      running = publish(order.perSecond);
      report({ kind: 'ready' });
      return;
    case 'allow':
      allowed = order.messages;
      return;
    case 'end':
      isStopped = true;
      await running;
      await connection?.close();
      tell();
      report({ kind: 'ready' });
  }
}

async function publish(perSecond: number): Promise<void> {
  const startedMs = performance.now();
  let reportedMs = startedMs;
  while (!isStopped && packets !== undefined && connection !== undefined) {
    const nowMs = performance.now();
    if (nowMs - reportedMs >= REPORT_EVERY_MS) {
      reportedMs = nowMs;
      tell();
      if (perSecond < Number.POSITIVE_INFINITY) packets.forgetSent();
    }
    const due = Math.min(allowed, (perSecond * (nowMs - startedMs)) / 1000) - published;
    const room = MOST_IN_FLIGHT - (published - connection.acknowledged);
    const most = Math.floor(Math.min(SLICE, due, room));
    if (most <= 0) {
      await delay(IDLE_MS);
      continue;
    }
    const { bytes, count } = packets.take(most);
    published += count;
    await connection.write(bytes);
  }
  await connection?.untilAcknowledged(published);
}

function tell(): void {
  report({ kind: 'progress', published, acknowledged: connection?.acknowledged ?? 0 });
}

// The parent is gone: so is the reason to be here.
process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
