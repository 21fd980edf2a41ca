import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerClient } from '@azure/storage-blob';
import copyStreams from 'pg-copy-streams';
import type { QueryFlux } from '../../influx/query.ts';
import { linesOfDay, listDays } from '../../influx/read-points.ts';
import { connect, type Database } from '../../postgres/database.ts';
import { type StoredBlob, storeBlob } from './store-blob.ts';

const DAY_MS = 86_400_000;

export interface BackupSources {
  readonly database: Database;
  readonly queryFlux: QueryFlux;
  readonly historyBucket: string;
  readonly container: ContainerClient;
  /** For what passes through the disk; what a killed backup left in it is removed. */
  readonly workDirectory: string;
  /** ms UTC: points before it are stored. */
  readonly now: () => number;
  /** Ends the backup between two blobs; what is stored stays. */
  readonly signal: AbortSignal;
}

export interface BackupResult {
  /** What this backup consists of, and how much of it was not in storage before. */
  readonly blobs: number;
  readonly stored: number;
}

/** Copies CHARGING_EVENT_DAY and the photographs, by day, to blob storage; what is there already is not sent again. */
export async function runBackup(sources: BackupSources): Promise<BackupResult> {
  const { queryFlux, historyBucket, container, workDirectory, now, signal } = sources;
  await prepareWorkDirectory(workDirectory, now());
  const blobs: StoredBlob[] = [await storeTable(sources, 'charging_event_day', 'box, day')];
  for (const dayMs of await listDays(queryFlux, historyBucket, 'photograph', now(), signal)) {
    const day = new Date(dayMs).toISOString().slice(0, 10);
    const lines = linesOfDay(queryFlux, historyBucket, 'photograph', dayMs, signal);
    blobs.push(await storeBlob(container, workDirectory, `influx/history/photograph/${day}`, 'lp', lines));
  }
  return { blobs: blobs.length, stored: blobs.filter(({ isNew }) => isNew).length };
}

/** What is a day old belongs to no backup any more: another one may be under way beside this. */
async function prepareWorkDirectory(directory: string, nowMs: number): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path);
    if (nowMs - mtimeMs > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}

/** @param table and @param order are Evida's own words, never input. */
async function storeTable(
  { database, container, workDirectory }: BackupSources,
  table: 'charging_event_day',
  order: 'box, day',
): Promise<StoredBlob> {
  const connection = await connect(database);
  try {
    const copy = copyStreams.to(
      `COPY (SELECT * FROM ${table} ORDER BY ${order}) TO STDOUT (FORMAT csv, HEADER)`,
    );
    const blob = await storeBlob(
      container,
      workDirectory,
      `postgres/${table}`,
      'csv',
      connection.query(copy),
    );
    connection.release();
    return blob;
  } catch (error) {
    // It may be left in the middle of the copy.
    connection.release(true);
    throw error;
  }
}
