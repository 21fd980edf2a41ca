import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/embedded/until.ts';
import type { Fault } from './fault.ts';
import type { World } from './world.ts';

const NOTICED_WITHIN_MS = 30_000;
/** One and a half times the longest keepalive that one would choose. */
const HALF_OPEN_WITHIN_MS = 100_000;

export const brokerFaults: readonly Fault[] = [
  {
    group: 'broker',
    title: 'broker killed and started again, its sessions lost',
    inflict: async (world, { random, scale, signal }) => {
      const times = Math.round(2 * scale);
      for (let kill = 0; kill < times; kill += 1) {
        await delay(random.whole(1000, 2000), undefined, { signal });
        // What it gets before Evida has subscribed anew belongs to no session.
        world.publisher.hold();
        await world.broker.kill();
        await untilAway(world);
        await world.broker.start();
        await world.untilListening();
        world.publisher.release();
      }
      return { times };
    },
  },
  {
    group: 'broker',
    title: 'broker stopped and started again, with its sessions',
    inflict: async ({ broker }, { random, scale, signal }) => {
      const times = Math.round(3 * scale);
      for (let stop = 0; stop < times; stop += 1) {
        await delay(random.whole(500, 1500), undefined, { signal });
        await broker.stop();
        await delay(random.whole(0, 1000), undefined, { signal });
        await broker.start();
      }
      return { times };
    },
  },
  {
    group: 'broker',
    title: 'half-open connection: nothing comes, and nobody says why',
    inflict: async ({ mqtt, evida }, { signal, problem }) => {
      await delay(1000, undefined, { signal });
      const before = (await evida.status())?.delivery?.reconnects ?? 0;
      mqtt.freeze();
      const noticed = await evida.untilStatus(
        ({ delivery }) => delivery !== null && delivery.reconnects > before && delivery.connected,
        HALF_OPEN_WITHIN_MS,
      );
      if (!noticed) problem(`it does not notice within ${HALF_OPEN_WITHIN_MS / 1000} s`);
      return { times: 1 };
    },
  },
  {
    group: 'broker',
    title: 'broker hears no acknowledgement and sends everything again',
    inflict: async ({ mqtt, evida }, { random, scale, signal, problem }) => {
      const times = Math.round(4 * scale);
      for (let cut = 0; cut < times; cut += 1) {
        await delay(random.whole(200, 800), undefined, { signal });
        mqtt.dropsUpstream = true;
        await delay(random.whole(500, 1500), undefined, { signal });
        mqtt.cut();
        mqtt.dropsUpstream = false;
      }
      const sawCopies = await evida.untilStatus(
        ({ books }) => (books?.messages.duplicate ?? 0) > 0,
        NOTICED_WITHIN_MS,
      );
      if (!sawCopies) problem('no message came twice');
      return { times };
    },
  },
  {
    group: 'broker',
    title: 'session gone',
    inflict: async (world, { scale, signal, problem }) => {
      const { broker, publisher } = world;
      const times = Math.round(2 * scale);
      for (let loss = 0; loss < times; loss += 1) {
        await delay(1500, undefined, { signal });
        publisher.hold();
        if (!(await until(() => allReceived(world), NOTICED_WITHIN_MS))) problem('not all was received');
        await broker.stop();
        await untilAway(world);
        await broker.forget();
        await broker.start();
        await world.untilListening();
        publisher.release();
      }
      return { times };
    },
  },
];

async function untilAway({ evida }: World): Promise<void> {
  const isAway = await evida.untilStatus(({ delivery }) => delivery?.listening === false, NOTICED_WITHIN_MS);
  if (!isAway) throw new Error('Evida does not notice that the broker is away');
}

/** Whether nothing waits at the broker that could be lost with its sessions. */
async function allReceived({ publisher, evida, mqtt }: World): Promise<boolean> {
  if (mqtt.connections === 0) return false;
  const messages = (await evida.status())?.books?.messages;
  return messages !== undefined && messages.decoded + messages.dead >= publisher.acknowledged;
}
