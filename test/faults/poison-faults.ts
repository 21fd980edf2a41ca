import { Random } from '../../src/embedded/fleet/random.ts';
import type { Fault } from './fault.ts';
import { fuzzedPoison, type Poison, unusablePoison } from './poison.ts';
import { SPARE_BOX, type World } from './world.ts';

const UNUSABLE = 8000;
const FUZZED = 2000;
const AT_ONCE = 50;

export const poisonFaults: readonly Fault[] = [
  {
    group: 'poison',
    title: 'ten thousand fuzzed payloads among good ones',
    inflict: async (world, { random, scale, problem }) => {
      const boxes = [...new Set(world.traffic.outlets.map(({ box }) => box))];
      const counts = { unusable: Math.round(UNUSABLE * scale), fuzzed: Math.round(FUZZED * scale) };
      await publishAll(world, unusablePoison(random, boxes, counts.unusable));
      await publishAll(world, fuzzedPoison(new Random(random.whole(0, 2 ** 30)), SPARE_BOX, counts.fuzzed));
      if (!world.evida.isRunning) problem(`it ended:\n${world.logTail()}`);
      return { times: counts.unusable + counts.fuzzed, deadMessages: { least: counts.unusable } };
    },
  },
];

async function publishAll({ publisher }: World, poison: Iterable<Poison>): Promise<void> {
  let batch: Promise<void>[] = [];
  for (const { topic, payload } of poison) {
    batch.push(publisher.publish(topic, payload));
    if (batch.length < AT_ONCE) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
}
