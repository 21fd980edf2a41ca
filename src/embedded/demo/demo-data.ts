import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EvidaError } from '../../errors.ts';

/** What a demo's directory was made with; kept in it, readable only by its owner. */
const Settings = z.object({
  boxes: z.number(),
  seed: z.number(),
  /** When the simulated history ends and the live fleet begins, ms UTC. */
  historyToMs: z.number(),
  /** Whether all of the history has been laid down. */
  filled: z.boolean(),
});
export type DemoSettings = z.output<typeof Settings>;

/** The settings of the demo in `directory`, which is made if it is new. @throws EvidaError USAGE if it was made with others */
export async function openDemoData(
  directory: string,
  wanted: { readonly boxes: number; readonly seed: number; readonly fresh: boolean },
): Promise<DemoSettings> {
  if (wanted.fresh) await forget(directory);
  const known = await readSettings(directory);
  if (known === undefined) {
    const { boxes, seed } = wanted;
    const made = { boxes, seed, historyToMs: Date.now(), filled: false };
    await saveDemoSettings(directory, made);
    return made;
  }
  if (known.boxes !== wanted.boxes || known.seed !== wanted.seed) {
    throw new EvidaError('USAGE', {
      operation: `going on with the demo in ${directory}`,
      problem: `it was begun with --boxes ${known.boxes} --seed ${known.seed}`,
      hint: 'Use the same ones, begin anew with --fresh, or choose another directory with --data.',
    });
  }
  return known;
}

export async function saveDemoSettings(directory: string, settings: DemoSettings): Promise<void> {
  const file = join(directory, 'demo.json');
  await writeFile(`${file}.new`, `${JSON.stringify(settings)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function readSettings(directory: string): Promise<DemoSettings | undefined> {
  try {
    return Settings.parse(JSON.parse(await readFile(join(directory, 'demo.json'), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The folder of the demo's servers, apart from the files about them. */
export function serversDirectory(directory: string): string {
  return join(directory, 'servers');
}

/** Puts the servers' data aside before it is removed: a server that is still ending must not write into the new one. */
async function forget(directory: string): Promise<void> {
  const aside = join(directory, `forgotten-${process.pid}-${Date.now()}`);
  await mkdir(aside, { recursive: true });
  await rename(serversDirectory(directory), join(aside, 'servers')).catch(ignoreMissing);
  await rm(join(directory, 'demo.json'), { force: true });
  await rm(aside, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
