import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExportValues } from '../../influx/export-values.ts';
import type { WriteBatch } from '../../influx/write-batch.ts';
import { WriteError } from '../../influx/write-error.ts';
import type { Archive } from './archive.ts';
import { KnownTimes } from './known-times.ts';
import type { DayEntry } from './manifest.ts';
import type { RestoreOptions } from './restore-table.ts';

const DAY_MS = 86_400_000;
const LINES_A_BATCH = 5000;
const TRIES = 8;
const FIRST_WAIT_MS = 250;

/** The bucket that days are restored to. */
export interface MeasurementTarget {
  readonly exportValues: ExportValues;
  readonly writeBatch: WriteBatch;
  readonly bucket: string;
  readonly measurement: string;
}

/** sha256 of the values of a UTC day, as an archive knows a content, and how many they are. */
export async function contentOfDay(
  { exportValues, bucket, measurement }: MeasurementTarget,
  day: string,
  signal: AbortSignal,
): Promise<{ readonly content: string; readonly values: number }> {
  const hash = createHash('sha256');
  let values = 0;
  const fromMs = Date.parse(day);
  for await (const piece of exportValues(bucket, measurement, fromMs, fromMs + DAY_MS, signal)) {
    hash.update(piece.text);
    values += piece.values;
  }
  return { content: hash.digest('hex'), values };
}

/**
 * Restores a day of a measurement. Values that are there stay as they are, unless it is to overwrite them; done twice, it
 * changes nothing more. Gives the values it wrote.
 * @throws EvidaError BACKUP_DAMAGED, BLOB_UNAVAILABLE, INFLUX_UNAVAILABLE, INFLUX_REFUSED
 */
export async function restoreDay(
  target: MeasurementTarget,
  archive: Archive,
  { day, blob }: DayEntry,
  { isOverwriting, isDryRun }: RestoreOptions,
): Promise<number> {
  const { signal } = archive.storage;
  const there = await contentOfDay(target, day, signal);
  if (there.content === blob.content) return 0;
  const directory = await mkdtemp(join(tmpdir(), 'evida-restore-'));
  try {
    const known =
      isOverwriting || there.values === 0 ? undefined : await knownTimes(target, day, directory, signal);
    return await archive.get(blob, async (content) => {
      let written = 0;
      let batch: string[] = [];
      const write = async (): Promise<void> => {
        written += batch.length;
        if (!isDryRun && batch.length > 0) await writePatiently(target, batch, signal);
        batch = [];
      };
      for await (const line of createInterface({ input: content })) {
        if (known !== undefined && (await known.has(line))) continue;
        batch.push(line);
        if (batch.length === LINES_A_BATCH) await write();
      }
      await write();
      return written;
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function knownTimes(
  { exportValues, bucket, measurement }: MeasurementTarget,
  day: string,
  directory: string,
  signal: AbortSignal,
): Promise<KnownTimes> {
  const fromMs = Date.parse(day);
  const exported = exportValues(bucket, measurement, fromMs, fromMs + DAY_MS, signal);
  return await KnownTimes.keep(exported, join(directory, 'known'));
}

async function writePatiently(
  { writeBatch, bucket }: MeasurementTarget,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1, waitMs = FIRST_WAIT_MS; ; attempt++, waitMs *= 2) {
    try {
      return await writeBatch(bucket, lines, signal);
    } catch (error) {
      signal.throwIfAborted();
      // The bucket keeps points for a while only: those that are older are not missed in it.
      if (error instanceof WriteError && /retention policy/.test(error.reason)) return;
      if (!(error instanceof WriteError && error.failure === 'unavailable') || attempt === TRIES) throw error;
      await delay(error.retryAfterMs ?? waitMs, undefined, { signal });
    }
  }
}
