import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerClient } from '@azure/storage-blob';
import { createExportValues } from '../../src/influx/export-values.ts';
import { toLine } from '../../src/influx/line-protocol.ts';
import type { Database } from '../../src/postgres/database.ts';
import { Archive } from '../../src/services/backup/archive.ts';
import { openContainer } from '../../src/services/backup/container.ts';
import { Encryption } from '../../src/services/backup/encryption.ts';
import {
  type Restored,
  type RestoreSelection,
  type RestoreTarget,
  restoreBackup,
} from '../../src/services/backup/restore.ts';
import { type BackupOptions, type BackupResult, runBackup } from '../../src/services/backup/run-backup.ts';
import { Storage } from '../../src/services/backup/storage.ts';
import type { World } from '../fixture/world.ts';

export const NOBODY_WATCHES = (): void => undefined;
const ORG = 'evida';

/** A container of its own in a world, and what is done with it. */
export class BackupWorld {
  readonly world: World;
  readonly container: ContainerClient;
  readonly name: string;
  now = Date.parse('2026-10-05T12:00:00Z');
  /** What is done with storage is given up with it. */
  stopping = new AbortController();
  waits = 0;

  private constructor(world: World, container: ContainerClient, name: string) {
    this.world = world;
    this.container = container;
    this.name = name;
  }

  static async create(world: World, name: string, connectionString?: string): Promise<BackupWorld> {
    const own = `${world.config().BACKUP_CONTAINER}-${name}`;
    const container = await openContainer(connectionString ?? world.servers.blobs.connectionString, own);
    return new BackupWorld(world, container, own);
  }

  archive(key?: string, container = this.container): Archive {
    const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
      this.waits++;
      await delay(Math.min(ms, 20), undefined, { signal });
    };
    const storage = new Storage(container, wait, this.stopping.signal);
    const encryption = key === undefined ? undefined : Encryption.withKey(key);
    return new Archive(storage, encryption, join(this.world.dataDir, 'backup'));
  }

  backUp(
    options: BackupOptions = {},
    archive = this.archive(),
    database = this.world.database,
  ): Promise<BackupResult> {
    const { queryFlux, influx, buckets } = this.world;
    return runBackup(
      {
        database,
        archive,
        queryFlux,
        exportValues: createExportValues(influx, ORG),
        buckets,
        trailingDays: 3,
        files: () => Promise.resolve([{ name: 'thresholds.json', read: () => Promise.resolve('{}') }]),
        now: () => this.now,
        onStep: NOBODY_WATCHES,
      },
      options,
    );
  }

  restore(
    database: Database,
    selection: Partial<RestoreSelection> = {},
    archive = this.archive(),
    buckets: RestoreTarget['buckets'] = this.world.buckets,
  ): Promise<Restored> {
    return restoreBackup(
      this.target(database, buckets),
      archive,
      { atMs: Number.POSITIVE_INFINITY, isOverwriting: false, isDryRun: false, ...selection },
      NOBODY_WATCHES,
    );
  }

  target(database: Database, buckets: RestoreTarget['buckets']): RestoreTarget {
    const { influx, writeBatch } = this.world;
    return { database, buckets, exportValues: createExportValues(influx, ORG), writeBatch };
  }

  /** The names of all blobs, hashes left out. */
  async names(prefix = ''): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.container.listBlobsFlat({ prefix }))
      names.push(name.replace(/[0-9a-f]{64}/, '<hash>'));
    return names;
  }
}

/** A photograph, with its line in write_log. */
export function photograph(time: string, outlet: number, currentA: number, writtenAt = time): string[] {
  return [
    toLine({
      measurement: 'photograph',
      tags: { box: 12, outlet },
      fields: { status: 2, current_a: currentA, reason: 'change' },
      timeMs: Date.parse(time),
    }),
    toLine({
      measurement: 'write_log',
      tags: { measurement: 'photograph', day: time.slice(0, 10) },
      fields: { points: 1 },
      timeMs: Date.parse(writtenAt),
    }),
  ];
}

/** A transaction of Eboost's in its mirror. */
export const INSERT_TRANSACTION = `
  INSERT INTO eboost_transaction (id, user_id, box_unique_id, total_fee, updated_at) VALUES ($1, 7, 'Ebox_12', $2, $3)
      ON CONFLICT (id) DO UPDATE SET (total_fee, updated_at) = (excluded.total_fee, excluded.updated_at)`;
