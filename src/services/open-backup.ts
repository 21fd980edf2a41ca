import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { InfluxDB } from '@influxdata/influxdb-client';
import type { Config } from '../config.ts';
import { lastRing } from '../config-types.ts';
import { BoxListStore } from '../eboost/box-list-store.ts';
import { createInflux } from '../influx/connect.ts';
import { createExportValues } from '../influx/export-values.ts';
import { createQueryFlux } from '../influx/query.ts';
import { inScratchBucket } from '../influx/scratch-bucket.ts';
import { createWriteBatch } from '../influx/write-batch.ts';
import type { Log } from '../log.ts';
import { connectDatabase, type Database } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { inScratchDatabase } from '../postgres/scratch-database.ts';
import { projectFile } from '../project-file.ts';
import { THRESHOLDS } from '../variables.ts';
import { countForgottenAgain } from './analysis/forget-customer.ts';
import { Archive } from './backup/archive.ts';
import { type BackupJob, besideNone, doByLedger, isDue } from './backup/by-ledger.ts';
import { openContainer } from './backup/container.ts';
import { Encryption } from './backup/encryption.ts';
import { type BackupSummary, type DamagedBackup, listBackups } from './backup/list-backups.ts';
import type { Manifest } from './backup/manifest.ts';
import type { OnStep } from './backup/progress.ts';
import { type Pruned, type PruneOptions, pruneBackups } from './backup/prune.ts';
import { type Rehearsal, refuseDifferent, rehearse } from './backup/rehearse.ts';
import {
  type RestoredBackup,
  type RestoreSelection,
  type RestoreTarget,
  restoreBackup,
} from './backup/restore.ts';
import {
  type BackupOptions,
  type BackupResult,
  type BackupSources,
  type FileSource,
  filesOf,
  readIfThere,
  runBackup,
} from './backup/run-backup.ts';
import { Storage } from './backup/storage.ts';
import { type Verification, verifyBackups } from './backup/verify.ts';

export type { BackupSummary, DamagedBackup, OnStep, Pruned, RestoredBackup, RestoreSelection, Verification };

/** A day's export may take long to begin. */
const INFLUX_TIMEOUT_MS = 600_000;
const NOBODY_WATCHES: OnStep = () => undefined;

/** The backups of an environment: what is backed up, where to, and how. Each signal asks to give up; what is done stays. */
export class Backups {
  readonly #config: Config;
  readonly #database: Database;
  readonly #log: Log;
  readonly #influx: InfluxDB;
  readonly #openedMs = Date.now();

  constructor(config: Config, database: Database, log: Log) {
    this.#config = config;
    this.#database = database;
    this.#log = log;
    this.#influx = this.#connect(config.INFLUX_TOKEN);
  }

  /** Whether the schedule rang and it was not done: missed, failed, or never begun. */
  async isDue(job: BackupJob): Promise<boolean> {
    return await isDue(this.#database, job, this.#rang(job), this.#openedMs);
  }

  /** Waits for one that is under way; if that did what this was to do, nothing more is done. */
  async run(
    signal: AbortSignal,
    options: BackupOptions = {},
    onStep: OnStep = NOBODY_WATCHES,
  ): Promise<BackupResult | { readonly already: 'done' }> {
    const result = await doByLedger(this.#database, 'backup', this.#rang('backup'), signal, async () => {
      const result = await runBackup(await this.#sources(signal, onStep), options);
      return { result, count: result.blobs };
    });
    return result ?? { already: 'done' };
  }

  /** @throws EvidaError BACKUP_DAMAGED if what was restored is not what the source was */
  async rehearse(
    signal: AbortSignal,
    onStep: OnStep = NOBODY_WATCHES,
  ): Promise<Rehearsal | { readonly already: 'done' }> {
    const result = await doByLedger(
      this.#database,
      'rehearsal',
      this.#rang('rehearsal'),
      signal,
      async () => {
        const archive = await this.#archive(signal);
        const result = await rehearse(
          archive,
          (manifest, work) => this.#onScratch(manifest, signal, work),
          onStep,
        );
        refuseDifferent(result);
        return { result, count: result.rows };
      },
    );
    return result ?? { already: 'done' };
  }

  async list(signal: AbortSignal): Promise<(BackupSummary | DamagedBackup)[]> {
    return await listBackups(await this.#archive(signal));
  }

  async verify(signal: AbortSignal, onStep: OnStep): Promise<Verification> {
    return await verifyBackups(await this.#archive(signal), onStep);
  }

  async restore(signal: AbortSignal, selection: RestoreSelection, onStep: OnStep): Promise<RestoredBackup> {
    await migrate(this.#database, projectFile('sql'));
    const target = this.#target(this.#influx, this.#database, this.#buckets);
    const restored = await restoreBackup(target, await this.#archive(signal), selection, onStep);
    if (!selection.isDryRun) await countForgottenAgain(this.#database);
    return restored;
  }

  async prune(signal: AbortSignal, options: PruneOptions, onStep: OnStep): Promise<Pruned> {
    return await besideNone(this.#database, signal, async () =>
      pruneBackups(await this.#archive(signal), options, onStep),
    );
  }

  #rang(job: BackupJob): number {
    const { BACKUP_SCHEDULE, REHEARSAL_SCHEDULE, TIME_ZONE } = this.#config;
    return lastRing(job === 'backup' ? BACKUP_SCHEDULE : REHEARSAL_SCHEDULE, TIME_ZONE, Date.now());
  }

  async #archive(signal: AbortSignal): Promise<Archive> {
    const { AZURE_STORAGE_CONNECTION_STRING, BACKUP_CONTAINER, BACKUP_KEY_FILE, DATA_DIR } = this.#config;
    const encryption = BACKUP_KEY_FILE === undefined ? undefined : Encryption.withKey(BACKUP_KEY_FILE);
    const container = await openContainer(AZURE_STORAGE_CONNECTION_STRING, BACKUP_CONTAINER);
    const wait = (ms: number, abort: AbortSignal) => delay(ms, undefined, { signal: abort });
    return new Archive(new Storage(container, wait, signal), encryption, join(DATA_DIR, 'backup'));
  }

  async #sources(signal: AbortSignal, onStep: OnStep): Promise<BackupSources> {
    const { INFLUX_ORG, BACKUP_TRAILING_DAYS } = this.#config;
    return {
      database: this.#database,
      archive: await this.#archive(signal),
      queryFlux: createQueryFlux(this.#influx, INFLUX_ORG),
      exportValues: createExportValues(this.#influx, INFLUX_ORG),
      buckets: this.#buckets,
      trailingDays: BACKUP_TRAILING_DAYS,
      files: () => this.#files(),
      now: Date.now,
      onStep,
    };
  }

  /** The box list, the thresholds in force, the dashboards; nothing that is secret. */
  async #files(): Promise<FileSource[]> {
    const { known } = new BoxListStore(this.#config.DATA_DIR);
    const names = new Set(Object.keys(THRESHOLDS));
    const thresholds = Object.fromEntries(Object.entries(this.#config).filter(([name]) => names.has(name)));
    return [
      { name: 'box-list.json', read: () => readIfThere(known.path) },
      { name: 'thresholds.json', read: () => Promise.resolve(JSON.stringify(thresholds)) },
      ...(await filesOf(projectFile('grafana', 'dashboards'), 'dashboards')),
    ];
  }

  async #onScratch<T>(
    { postgres }: Manifest,
    signal: AbortSignal,
    work: (target: RestoreTarget) => Promise<T>,
  ): Promise<T> {
    const {
      DATABASE_URL,
      DATABASE_CA_FILE,
      REHEARSAL_DATABASE_URL,
      REHEARSAL_INFLUX_TOKEN,
      INFLUX_TOKEN,
      INFLUX_ORG,
    } = this.#config;
    const of = `${postgres.identity} ${this.#config.BACKUP_CONTAINER}`;
    const name = `evida_rehearsal_${createHash('sha256').update(of).digest('hex').slice(0, 12)}`;
    const influx = this.#connect(REHEARSAL_INFLUX_TOKEN ?? INFLUX_TOKEN);
    const buckets = { telemetry: `${name}_telemetry`, history: `${name}_history` };
    const onBuckets = (database: Database) =>
      inScratchBucket(influx, INFLUX_ORG, buckets.telemetry, () =>
        inScratchBucket(influx, INFLUX_ORG, buckets.history, () =>
          work(this.#target(influx, database, buckets)),
        ),
      );
    return await inScratchDatabase(
      REHEARSAL_DATABASE_URL ?? DATABASE_URL,
      DATABASE_CA_FILE,
      name,
      this.#log,
      async (database) => {
        await migrate(database, projectFile('sql'));
        signal.throwIfAborted();
        return await onBuckets(database);
      },
    );
  }

  #target(influx: InfluxDB, database: Database, buckets: RestoreTarget['buckets']): RestoreTarget {
    const { INFLUX_ORG } = this.#config;
    return {
      database,
      buckets,
      exportValues: createExportValues(influx, INFLUX_ORG),
      writeBatch: createWriteBatch(influx, INFLUX_ORG),
    };
  }

  get #buckets(): RestoreTarget['buckets'] {
    const { INFLUX_TELEMETRY_BUCKET, INFLUX_HISTORY_BUCKET } = this.#config;
    return { telemetry: INFLUX_TELEMETRY_BUCKET, history: INFLUX_HISTORY_BUCKET };
  }

  #connect(token: string): InfluxDB {
    return createInflux(this.#config, token, INFLUX_TIMEOUT_MS);
  }
}

/** The backups of an environment, apart from everything else that Evida does. */
export function openBackups(
  config: Config,
  log: Log,
): {
  readonly backups: Backups;
  /** Brings the database up to date, if it can be reached now. @throws EvidaError POSTGRES_UNAVAILABLE and others */
  readonly prepare: () => Promise<void>;
  readonly close: () => Promise<void>;
} {
  const database = connectDatabase(config.DATABASE_URL, 'evida', log, config.DATABASE_CA_FILE);
  return {
    backups: new Backups(config, database, log),
    prepare: async () => void (await migrate(database, projectFile('sql'))),
    close: () => database.end(),
  };
}
