import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InfluxDB } from '@influxdata/influxdb-client';
import { type Observable, Subject } from 'rxjs';
import type { Point } from '../../streams/point.ts';
import type { Config } from '../config.ts';
import { EboostApi } from '../eboost/api.ts';
import { BoxListStore } from '../eboost/box-list-store.ts';
import { EvidaError } from '../errors.ts';
import { createBuckets } from '../influx/buckets.ts';
import { PointSender, type SenderStats } from '../influx/point-sender.ts';
import { createQueryFlux } from '../influx/query.ts';
import { createWriteBatch } from '../influx/write-batch.ts';
import type { Log } from '../log.ts';
import { BoxSubscription } from '../mqtt/box-subscription.ts';
import { connectDatabase, type Database } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { projectFile } from '../project-file.ts';
import { retry } from '../retry.ts';
import { runAnalysis } from './analysis/run-analysis.ts';
import { openContainer } from './backup/container.ts';
import { runBackup } from './backup/run-backup.ts';
import { BoxList } from './box-list.ts';
import { Job } from './job.ts';
import { type MessageStats, telemetry } from './telemetry.ts';

/** How long the last points may take when Evida stops, and all of the stop. */
const SEND_WITHIN_MS = 6000;
const STOP_WITHIN_MS = 9000;
const INFLUX_TIMEOUT_MS = 20_000;

export interface EvidaStats {
  readonly messages: Readonly<MessageStats>;
  readonly points: SenderStats;
  readonly boxes: number;
}

/**
 * Evida as one process: the services of its roles on the servers that the environment names. Each part is
 * awaited and retried on its own, so one that is away holds up only what needs it.
 */
export class Evida {
  readonly boxListing: Job;
  readonly analysis: Job;
  readonly backup: Job;
  readonly points$: Observable<Point>;
  readonly #points = new Subject<Point>();
  readonly #config: Config;
  readonly #log: Log;
  readonly #influx: InfluxDB;
  readonly #database: Database;
  readonly #eboost: Database;
  readonly #boxList: BoxList;
  readonly #subscription: BoxSubscription;
  readonly #sender: PointSender;
  readonly #stopping = new AbortController();
  readonly #messages: MessageStats = { received: 0, rejected: 0 };

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.points$ = this.#points.asObservable();
    this.#influx = new InfluxDB({
      url: config.INFLUX_URL,
      token: config.INFLUX_TOKEN,
      timeout: INFLUX_TIMEOUT_MS,
    });
    this.#database = connectDatabase(config.DATABASE_URL, 'evida', log);
    this.#eboost = connectDatabase(config.EBOOST_DATABASE_URL, 'evida', log);
    const buckets = { telemetry: config.INFLUX_TELEMETRY_BUCKET, history: config.INFLUX_HISTORY_BUCKET };
    this.#sender = new PointSender(createWriteBatch(this.#influx, config.INFLUX_ORG), buckets, log);
    this.#subscription = new BoxSubscription(config, Date.now, log);
    this.#boxList = this.#createBoxList();
    this.boxListing = new Job('box list', (signal) => this.#boxList.read(signal), log);
    this.analysis = new Job('analysis', (signal) => this.#analyse(signal), log);
    this.backup = new Job('backup', (signal) => this.#backUp(signal), log);
  }

  /**
   * Resolves when all parts have been reached once, and the first analysis is done; from then on they are retried in
   * the background. Rejects if Evida is stopped before.
   */
  async start(): Promise<void> {
    const { ROLES } = this.#config;
    const listens = ROLES.includes('photograph') || ROLES.includes('utilization');
    if (listens) this.#listen();
    await Promise.all([
      this.#prepareInflux(),
      ROLES.includes('analysis') || ROLES.includes('backup') ? this.#awaitDatabase() : undefined,
    ]);
    const { ANALYSIS_SCHEDULE, BACKUP_SCHEDULE, TIME_ZONE } = this.#config;
    if (ROLES.includes('backup')) this.backup.schedule(BACKUP_SCHEDULE, TIME_ZONE);
    if (ROLES.includes('analysis')) {
      this.analysis.schedule(ANALYSIS_SCHEDULE, TIME_ZONE);
      await this.analysis.run();
    }
    this.#stopping.signal.throwIfAborted();
  }

  get stats(): EvidaStats {
    return { messages: this.#messages, points: this.#sender.stats, boxes: this.#boxList.size };
  }

  /**
   * Stops in the order of the data: no more messages, the last points sent, then all connections closed.
   * @throws EvidaError STOP_DEADLINE if that takes too long; what is left is lost with the process
   */
  async stop(): Promise<void> {
    const late = new AbortController();
    const deadline = delay(STOP_WITHIN_MS, undefined, { signal: late.signal }).then(
      () => {
        throw new EvidaError('STOP_DEADLINE', {
          operation: 'stopping Evida',
          problem: `it took longer than ${STOP_WITHIN_MS} ms`,
        });
      },
      () => undefined,
    );
    await Promise.race([this.#stopInOrder(), deadline]);
    late.abort();
  }

  async #stopInOrder(): Promise<void> {
    this.#stopping.abort(new Error('Evida stops'));
    // Side by side: a job that cannot end at once must not cost the last points their time.
    const stopped = await Promise.allSettled([this.#stopTelemetry(), this.#stopJobs()]);
    this.#log.info(this.stats, 'stopped');
    for (const part of stopped) if (part.status === 'rejected') throw part.reason;
  }

  async #stopTelemetry(): Promise<void> {
    await this.#boxList.close();
    await this.#subscription.close();
    this.#points.complete();
    await this.#sender.close(SEND_WITHIN_MS);
  }

  async #stopJobs(): Promise<void> {
    await Promise.all([this.boxListing.stop(), this.analysis.stop(), this.backup.stop()]);
    await Promise.all([this.#database.end(), this.#eboost.end()]);
  }

  #awaitDatabase(): Promise<void> {
    return retry('setting up Postgres', () => this.prepareDatabase(), this.#log, this.#stopping.signal);
  }

  /** Brings the database up to date, if it can be reached now. @throws EvidaError POSTGRES_UNAVAILABLE and others */
  async prepareDatabase(): Promise<void> {
    const ran = await migrate(this.#database, projectFile('sql'));
    if (ran.length > 0) this.#log.info({ migrations: ran }, 'the database was brought up to date');
  }

  #listen(): void {
    telemetry(this.#subscription.messages$, this.#config, this.#messages, this.#log).subscribe((point) =>
      this.#record(point),
    );
    this.#subscription.connect();
    this.boxListing.schedule(this.#config.BOX_LIST_SCHEDULE, this.#config.TIME_ZONE);
    void this.#boxList.open().then(() => this.boxListing.run());
  }

  #record(point: Point): void {
    this.#sender.send(point);
    this.#points.next(point);
  }

  #createBoxList(): BoxList {
    const config = this.#config;
    const api = new EboostApi({
      url: config.EBOOST_API_URL,
      username: config.EBOOST_API_USERNAME,
      password: config.EBOOST_API_PASSWORD,
    });
    return new BoxList({
      listBoxes: (signal) => api.listBoxes(signal),
      store: new BoxListStore(config.DATA_DIR),
      listenTo: (boxes) => this.#subscription.setBoxes(boxes),
      onRemoved: (box) => this.#recordRemoval(box),
      now: Date.now,
      log: this.#log,
    });
  }

  /** A box that is listened to no more is silent, so that it does not count as online for ever. */
  #recordRemoval(box: number): void {
    if (!this.#config.ROLES.includes('photograph')) return;
    const fields = { online: false, silent: true };
    this.#record({ measurement: 'connection', tags: { box }, fields, timeMs: Date.now() });
  }

  async #prepareInflux(): Promise<void> {
    const create = () => createBuckets(this.#influx, this.#config);
    const created = await retry('setting up InfluxDB', create, this.#log, this.#stopping.signal);
    if (created.length > 0) this.#log.info({ buckets: created }, 'buckets were created');
  }

  async #analyse(signal: AbortSignal): Promise<object> {
    return await runAnalysis({
      database: this.#database,
      eboost: this.#eboost,
      queryFlux: createQueryFlux(this.#influx, this.#config.INFLUX_ORG),
      historyBucket: this.#config.INFLUX_HISTORY_BUCKET,
      timeZone: this.#config.TIME_ZONE,
      now: Date.now,
      signal,
    });
  }

  async #backUp(signal: AbortSignal): Promise<object> {
    const { AZURE_STORAGE_CONNECTION_STRING, BACKUP_CONTAINER, DATA_DIR, INFLUX_ORG, INFLUX_HISTORY_BUCKET } =
      this.#config;
    return await runBackup({
      database: this.#database,
      queryFlux: createQueryFlux(this.#influx, INFLUX_ORG),
      historyBucket: INFLUX_HISTORY_BUCKET,
      workDirectory: join(DATA_DIR, 'backup'),
      container: await openContainer(AZURE_STORAGE_CONNECTION_STRING, BACKUP_CONTAINER),
      now: Date.now,
      signal,
    });
  }
}
