import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Stage } from './fault.ts';
import { limitFileSize, SmallDisk } from './small-disk.ts';
import type { World } from './world.ts';

const SMALL_DISK_MB = 32;
const REFUSES_WITHIN_MS = 60_000;
const FULL_FOR_MS = 3000;
const SPARE_BYTES = 3500;
/** More than a log of 16 MB holds. */
const SPARE_MESSAGES = 6000;

const disks = new WeakMap<World, SmallDisk>();

async function mountSmallDisk(world: World): Promise<void> {
  const disk = await SmallDisk.mount(world.dataDir, SMALL_DISK_MB);
  if (disk !== undefined) disks.set(world, disk);
}

export const diskFaults: readonly Fault[] = [
  {
    group: 'disk',
    title: 'disk full, also at a start',
    prepare: mountSmallDisk,
    inflict: async (world, stage) => {
      const times = Math.round(2 * stage.scale);
      for (let full = 0; full < times; full += 1) {
        await delay(1000, undefined, { signal: stage.signal });
        await takeRoom(world);
        await untilRefused(world, stage);
        if (full % 2 === 1) {
          await world.evida.kill();
          world.evida.start();
        }
        await delay(FULL_FOR_MS, undefined, { signal: stage.signal });
        if (!world.evida.isRunning) stage.problem(`it ended on a full disk:\n${world.logTail()}`);
        await giveRoom(world);
        if (!world.evida.isRunning) world.evida.start();
        await world.untilListening();
      }
      return { times };
    },
    restore: ({ dataDir }) => SmallDisk.unmount(dataDir),
  },
  {
    group: 'disk',
    title: 'disk mounted read-only at a start',
    prepare: mountSmallDisk,
    inflict: async (world, { signal, problem }) => {
      await delay(2000, undefined, { signal });
      await world.evida.stop();
      await setReadOnly(world, true);
      const saidBefore = world.evida.log().length;
      world.evida.start();
      await delay(FULL_FOR_MS, undefined, { signal });
      if (!world.evida.isRunning) problem(`it ended on a read-only disk:\n${world.logTail()}`);
      if (!/EROFS|EACCES|read-only/i.test(world.evida.log().slice(saidBefore))) {
        problem('it does not say that the disk is read-only');
      }
      await setReadOnly(world, false);
      if (!world.evida.isRunning) world.evida.start();
      await world.untilListening();
      return { times: 1 };
    },
    restore: ({ dataDir }) => SmallDisk.unmount(dataDir),
  },
  {
    group: 'disk',
    title: 'log at its cap, with InfluxDB away',
    environment: { JOURNAL_MAX: '16MB', JOURNAL_KEEP: '0s' },
    inflict: async (world, stage) => {
      await delay(1000, undefined, { signal: stage.signal });
      await world.http.close();
      await world.publishSpare(SPARE_MESSAGES, SPARE_BYTES);
      await untilRefused(world, stage);
      await delay(FULL_FOR_MS, undefined, { signal: stage.signal });
      await world.http.listen();
      await world.untilListening();
      return { times: 1 };
    },
  },
];

async function untilRefused({ evida, logTail }: World, { problem }: Stage): Promise<void> {
  const refuses = await evida.untilStatus(({ delivery }) => delivery?.refusal != null, REFUSES_WITHIN_MS);
  if (!evida.isRunning) problem(`it ended:\n${logTail()}`);
  else if (!refuses) problem('it does not say that the log takes nothing more');
}

async function takeRoom(world: World): Promise<void> {
  const disk = disks.get(world);
  if (disk !== undefined) return await disk.fill();
  const { pid } = world.evida;
  if (pid !== undefined) await limitFileSize(pid, await largestFile(join(world.dataDir, 'journal')));
}

async function giveRoom(world: World): Promise<void> {
  const disk = disks.get(world);
  if (disk !== undefined) return await disk.makeRoom();
  const { pid } = world.evida;
  if (pid !== undefined) await limitFileSize(pid, undefined);
}

/** Without a mount, by rights: enough for anybody but root. */
async function setReadOnly(world: World, isReadOnly: boolean): Promise<void> {
  const disk = disks.get(world);
  if (disk !== undefined) return await disk.setReadOnly(isReadOnly);
  for (const directory of [world.dataDir, join(world.dataDir, 'journal')]) {
    await chmod(directory, isReadOnly ? 0o500 : 0o700);
  }
}

async function largestFile(directory: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size),
  );
  return Math.max(...sizes);
}
