import { cp, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { recover } from '../../src/journal/recover.ts';
import { untilAtRest } from './at-rest.ts';
import type { Fault, Stage } from './fault.ts';
import { SPARE_BOX, type World } from './world.ts';

const CUTS_READ = 60;
const CUTS_STARTED = 3;
const FLIPS = 12;
/** So much of the end of the log is of messages that can be done without, and may be cut. */
const SPARE_MESSAGES = 60;
const DESTROYED_AT_MOST = CUTS_STARTED * SPARE_MESSAGES;
const AT_REST_WITHIN_MS = 20_000;
const SEGMENT_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;
/** Length and checksum stand before what is counted in the length. */
const BEFORE_LENGTH_BYTES = 8;
/** More than a segment of 1 MiB. */
const BURST_MESSAGES = 400;
const BURSTS = 3;
const SPARE_TOPIC = `VEbox_${SPARE_BOX}`;

export const logFaults: readonly Fault[] = [
  {
    group: 'log',
    title: 'log cut at each of its last bytes',
    inflict: async (world, stage) => {
      for (let start = 0; start < CUTS_STARTED; start += 1) {
        await endWithSpare(world, stage, SPARE_MESSAGES, 10);
        if (start === 0) await readCut(world, stage);
        const last = (await segmentsOf(world)).at(-1) ?? '';
        const { size } = await stat(last);
        await truncate(last, size - stage.random.whole(1, CUTS_READ));
        await restart(world, stage, /cut|torn/i);
        world.traffic.start();
      }
      return { times: CUTS_READ + CUTS_STARTED, destroyedMessages: CUTS_STARTED * SPARE_MESSAGES };
    },
  },
  {
    group: 'log',
    title: 'bytes of the log flipped',
    inflict: async (world, stage) => {
      await world.publishSpare(1000, 500);
      await delay(2000, undefined, { signal: stage.signal });
      await world.evida.kill();
      // Without a snapshot, all of the log counts.
      await removeSnapshots(world);
      const flipped = await flipSpareBytes(world, () => stage.random.whole(0, 2 ** 30));
      if (flipped < FLIPS) stage.problem(`only ${flipped} bytes could be flipped`);
      await restart(world, stage, /damage/i);
      return { times: flipped, destroyedMessages: 2 * flipped };
    },
  },
  {
    group: 'log',
    title: 'a segment of the log missing',
    environment: { JOURNAL_MAX: '16MB' },
    inflict: async (world, stage) => {
      await delay(2000, undefined, { signal: stage.signal });
      // Each burst fills the segment of the one before, and begins one of its own.
      await endWithSpare(world, stage, BURST_MESSAGES, 3500, BURSTS);
      await removeSnapshots(world);
      const spare = await spareSegments(world);
      const [removed] = spare;
      if (removed === undefined) stage.problem('no segment could be removed');
      else await rm(removed);
      await restart(world, stage, /missing|damage/i);
      world.traffic.start();
      await delay(2000, undefined, { signal: stage.signal });
      return { times: removed === undefined ? 0 : 1, destroyedMessages: BURSTS * BURST_MESSAGES };
    },
  },
];

/** Lets all come to rest, so that what stands last in the log can be done without, and kills Evida. */
async function endWithSpare(
  world: World,
  { problem }: Stage,
  messages: number,
  bytes: number,
  bursts = 1,
): Promise<void> {
  const { traffic, publisher, evida } = world;
  const isAtRest = () => untilAtRest(world, publisher.acknowledged - DESTROYED_AT_MOST, AT_REST_WITHIN_MS);
  await traffic.pause();
  if ((await isAtRest()) === undefined) problem('it did not come to rest');
  for (let burst = 0; burst < bursts; burst += 1) {
    await world.publishSpare(messages, bytes);
    if ((await isAtRest()) === undefined) problem('it did not come to rest');
  }
  await evida.kill();
}

async function segmentsOf({ dataDir }: World): Promise<string[]> {
  const directory = join(dataDir, 'journal');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log'));
  return names.sort().map((name) => join(directory, name));
}

async function removeSnapshots({ dataDir }: World): Promise<void> {
  const directory = join(dataDir, 'journal');
  for (const name of await readdir(directory))
    if (name.startsWith('snapshot-')) await rm(join(directory, name));
}

/** It starts, and says what it has found. */
async function restart(world: World, { problem }: Stage, said: RegExp): Promise<void> {
  const saidBefore = world.evida.log().length;
  world.evida.start();
  await world.untilListening();
  if (!said.test(world.evida.log().slice(saidBefore))) problem(`it does not say what is ${said.source}`);
}

/** Reads the log as it would be after each cut, and sees that exactly the records are gone that were cut. */
async function readCut(world: World, { problem }: Stage): Promise<void> {
  const copy = join(world.directory, 'cut');
  const last = (await segmentsOf(world)).at(-1) ?? '';
  const bytes = await readFile(last);
  const ends = recordEnds(bytes);
  const whole = await lastSequence(world, copy, last, 0);
  for (let cut = 1; cut <= CUTS_READ; cut += 1) {
    const gone = ends.filter((end) => end > bytes.length - cut).length;
    const read = await lastSequence(world, copy, last, cut);
    if (read !== whole - gone)
      problem(`cut by ${cut} bytes, it loses ${whole - read} records instead of ${gone}`);
  }
}

async function lastSequence({ dataDir }: World, copy: string, last: string, cut: number): Promise<number> {
  await rm(copy, { recursive: true, force: true });
  await cp(join(dataDir, 'journal'), copy, { recursive: true });
  const file = join(copy, last.slice(last.lastIndexOf('/') + 1));
  await truncate(file, (await stat(file)).size - cut);
  return (await recover(copy, pino({ level: 'silent' }))).recovered.lastSequence;
}

/** Where each record ends, by their lengths alone. */
function recordEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = SEGMENT_HEADER_BYTES; at + LENGTH_BYTES <= bytes.length; ) {
    at += BEFORE_LENGTH_BYTES + bytes.readUInt32LE(at);
    ends.push(at);
  }
  return ends;
}

/** Flips bytes in messages that can be done without, far from each other. @returns how many */
async function flipSpareBytes(world: World, anyNumber: () => number): Promise<number> {
  let flipped = 0;
  for (const path of await segmentsOf(world)) {
    const bytes = await readFile(path);
    const file = await open(path, 'r+');
    try {
      let topic = bytes.indexOf(SPARE_TOPIC);
      for (let seen = 0; topic >= 0 && flipped < FLIPS; seen += 1) {
        const at = topic + (anyNumber() % SPARE_TOPIC.length);
        if (seen % 50 === 25) {
          await file.write(Buffer.of((bytes[at] ?? 0) ^ (1 << (anyNumber() % 8))), 0, 1, at);
          flipped += 1;
        }
        topic = bytes.indexOf(SPARE_TOPIC, topic + 1);
      }
    } finally {
      await file.close();
    }
  }
  return flipped;
}

/** Segments in which nothing but messages stands that can be done without. */
async function spareSegments(world: World): Promise<string[]> {
  const spare: string[] = [];
  for (const path of (await segmentsOf(world)).slice(0, -1)) {
    const text = (await readFile(path)).toString('latin1');
    const topics =
      text.match(/(?:S|A|PF|P|V|PM|C)Ebox_\d+|(?:photograph|consumption|meter|connection),box=/g) ?? [];
    if (topics.every((topic) => topic === SPARE_TOPIC)) spare.push(path);
  }
  return spare;
}
