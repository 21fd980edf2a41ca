import type { ExportValues } from '../../influx/export-values.ts';
import type { QueryFlux } from '../../influx/query.ts';
import { ALL_TIME, listMeasurements, nextDay, readWritten } from '../../influx/stored-days.ts';
import type { Archive, Put } from './archive.ts';
import type { DayEntry, Manifest, MeasurementEntry } from './manifest.ts';
import type { Progress } from './progress.ts';

const DAY_MS = 86_400_000;
const BUCKETS = ['telemetry', 'history'] as const;

export interface MeasurementSources {
  readonly queryFlux: QueryFlux;
  readonly exportValues: ExportValues;
  readonly buckets: { readonly telemetry: string; readonly history: string };
  /** How many days up to today are always read again. */
  readonly trailingDays: number;
}

/**
 * Copies the measurements of both buckets by UTC day: days of which write_log counts other points than the backup before
 * did, the trailing ones, and those of which the archive has lost the blob. With no backup before, all there are.
 * @param isThere whether a blob of the backup before can be relied on
 */
export async function exportMeasurements(
  sources: MeasurementSources,
  archive: Archive,
  previous: Manifest | undefined,
  isThere: (entry: DayEntry) => boolean,
  nowMs: number,
  progress: Progress,
): Promise<MeasurementEntry[]> {
  const { queryFlux, buckets } = sources;
  const { signal } = archive.storage;
  // Before anything is read: what comes meanwhile is counted by the next backup.
  const written = await readWritten(queryFlux, buckets.history, signal);
  const entries: MeasurementEntry[] = [];
  for (const bucket of BUCKETS) {
    const known = previous?.influx.filter((entry) => entry.bucket === bucket) ?? [];
    const found = await listMeasurements(queryFlux, buckets[bucket], signal);
    for (const name of [...new Set([...found, ...known.map((entry) => entry.name)])].sort()) {
      const before = known.find((entry) => entry.name === name)?.days;
      const measurement = new MeasurementExport(sources, archive, bucket, name, progress);
      // Hours follow from the values of the same days, some time after these.
      const counted = written.get(name.replace(/_hour$/, '')) ?? new Map<string, number>();
      const days =
        before === undefined || previous === undefined
          ? await measurement.all(counted)
          : await measurement.since(before, counted, isThere, trailing(sources, previous, nowMs));
      if (days.length > 0) entries.push({ bucket, name, days });
    }
  }
  return entries;
}

/** The last days up to that of the backup, and all since the one before it. */
function trailing(
  { trailingDays }: MeasurementSources,
  previous: Manifest,
  nowMs: number,
): readonly string[] {
  const today = Math.floor(nowMs / DAY_MS);
  const last = Math.floor(Date.parse(previous.createdAt) / DAY_MS);
  const first = Math.min(today, last) - trailingDays + 1;
  return Array.from({ length: Math.max(today, last) - first + 1 }, (_, index) =>
    dayText((first + index) * DAY_MS),
  );
}

/** One measurement on its way into the archive. */
class MeasurementExport {
  readonly #sources: MeasurementSources;
  readonly #archive: Archive;
  readonly #bucket: (typeof BUCKETS)[number];
  readonly #name: string;
  readonly #progress: Progress;

  constructor(
    sources: MeasurementSources,
    archive: Archive,
    bucket: (typeof BUCKETS)[number],
    name: string,
    progress: Progress,
  ) {
    this.#sources = sources;
    this.#archive = archive;
    this.#bucket = bucket;
    this.#name = name;
    this.#progress = progress;
  }

  async all(counted: ReadonlyMap<string, number>): Promise<DayEntry[]> {
    const { queryFlux, buckets } = this.#sources;
    const { signal } = this.#archive.storage;
    const days: DayEntry[] = [];
    let fromMs = ALL_TIME.fromMs;
    for (;;) {
      const dayMs = await nextDay(queryFlux, buckets[this.#bucket], this.#name, fromMs, signal);
      if (dayMs === undefined) return days;
      const day = dayText(dayMs);
      days.push(...(await this.#day(day, counted.get(day) ?? null)));
      fromMs = dayMs + DAY_MS;
    }
  }

  async since(
    before: readonly DayEntry[],
    counted: ReadonlyMap<string, number>,
    isThere: (entry: DayEntry) => boolean,
    always: readonly string[],
  ): Promise<DayEntry[]> {
    const known = new Map(before.map((entry) => [entry.day, entry]));
    const days: DayEntry[] = [];
    for (const day of [...new Set([...known.keys(), ...counted.keys(), ...always])].sort()) {
      const entry = known.get(day);
      const written = counted.get(day) ?? null;
      // Hours may have been computed after the backup that read their day anew.
      const isSettled = !(this.#name.endsWith('_hour') && entry?.isFresh);
      const isSame = entry !== undefined && entry.written === written && isSettled && isThere(entry);
      if (isSame && !always.includes(day)) days.push({ ...entry, isFresh: false });
      else days.push(...(await this.#day(day, written)));
    }
    return days;
  }

  async #day(day: string, written: number | null): Promise<DayEntry[]> {
    const { exportValues, buckets } = this.#sources;
    const fromMs = Date.parse(day);
    let values = 0;
    const { signal } = this.#archive.storage;
    const exported = exportValues(buckets[this.#bucket], this.#name, fromMs, fromMs + DAY_MS, signal);
    async function* counting(): AsyncGenerator<string> {
      for await (const piece of exported) {
        values += piece.values;
        yield piece.text;
      }
    }
    const path = `influx/${this.#bucket}/${pathWord(this.#name)}/${day}`;
    const put: Put | undefined = await this.#archive.put(path, 'lp', counting());
    if (put === undefined) return [];
    this.#progress.put(path, put);
    return [{ day, written, isFresh: true, values, blob: put.blob }];
  }
}

/** As a part of a blob's name. */
function pathWord(name: string): string {
  return encodeURIComponent(name).replaceAll('%', '~');
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
