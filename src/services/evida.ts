import { setTimeout as delay } from 'node:timers/promises';
import type { InfluxDB } from '@influxdata/influxdb-client';
import { merge, type Observable, Subject } from 'rxjs';
import type { Point } from '../../streams/point.ts';
import type { Config } from '../config.ts';
import { EboostApi } from '../eboost/api.ts';
import { BoxListStore } from '../eboost/box-list-store.ts';
import { EvidaError } from '../errors.ts';
import { type HttpServer, serveStatus } from '../http/http-server.ts';
import { runningFile } from '../http/running.ts';
import type { Part, Status } from '../http/status.ts';
import { createBuckets, createOperationsBucket } from '../influx/buckets.ts';
import { createInflux } from '../influx/connect.ts';
import { systemTiming } from '../influx/timing.ts';
import { createWriteBatch } from '../influx/write-batch.ts';
import { type DirectoryLock, lockDirectory } from '../journal/lock.ts';
import type { Log } from '../log.ts';
import { connectDatabase, type Database } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { projectFile, VERSION } from '../project-file.ts';
import { retry } from '../retry.ts';
import { runAnalysis } from './analysis/run-analysis.ts';
import { BoxList } from './box-list.ts';
import { Job, type JobRun } from './job.ts';
import { analysisSources } from './open-analysis.ts';
import { Backups } from './open-backup.ts';
import { StateWriter } from './state-writer.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** How long the last points may take when Evida stops, and all of the stop. */
const SEND_WITHIN_MS = 4000;
const STOP_WITHIN_MS = 9000;
const INFLUX_TIMEOUT_MS = 20_000;
const STATE_TIMEOUT_MS = 10_000;
/** When it is looked whether a backup was missed or has failed. */
const MAKE_UP_SCHEDULE = '*/10 * * * *';

/**
 * Evida as one process: the services of its roles on the servers that the environment names. Each part is
 * awaited and retried on its own, so one that is away holds up only what needs it.
 */
export class Evida {
  readonly boxListing: Job;
  readonly analysis: Job;
  readonly backup: Job;
  readonly rehearsal: Job;
  /** What is decided, as it goes into the log. */
  readonly points$: Observable<Point>;
  /** Resolves if this process must end: it does not own its session, or its directory, any more. */
  readonly fatal: Promise<EvidaError>;
  readonly #points = new Subject<Point>();
  readonly #config: Config;
  readonly #log: Log;
  readonly #influx: InfluxDB;
  readonly #database: Database;
  readonly #eboost: Database;
  readonly #boxList: BoxList;
  readonly #backups: Backups;
  readonly #stateWriter: StateWriter;
  readonly #stopping = new AbortController();
  readonly #startedAt = new Date();
  readonly #lastRuns = new Map<string, JobRun & { readonly endedAt: Date }>();
  #hasBuckets = false;
  #hasDatabase = false;
  #opening: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #fail: (error: EvidaError) => void = () => undefined;
  #lock: DirectoryLock | undefined;
  #http: HttpServer | undefined;
  #telemetry: Telemetry | undefined;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.points$ = this.#points.asObservable();
    this.fatal = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#influx = createInflux(config, config.INFLUX_TOKEN, INFLUX_TIMEOUT_MS);
    this.#database = connectDatabase(config.DATABASE_URL, 'evida', log, config.DATABASE_CA_FILE);
    this.#eboost = connectDatabase(config.EBOOST_DATABASE_URL, 'evida', log, config.EBOOST_DATABASE_CA_FILE);
    this.#boxList = this.#createBoxList();
    this.#stateWriter = this.#createStateWriter();
    this.boxListing = new Job('box list', (signal) => this.#boxList.read(signal), log);
    this.analysis = new Job('analysis', (signal) => this.#analyse(signal), log);
    this.#backups = new Backups(config, this.#database, log);
    this.backup = new Job('backup', (signal) => this.#backups.run(signal), log);
    this.rehearsal = new Job('rehearsal', (signal) => this.#backups.rehearse(signal), log);
    merge(this.boxListing.runs$, this.analysis.runs$, this.backup.runs$, this.rehearsal.runs$).subscribe(
      (run) => this.#lastRuns.set(run.job, { ...run, endedAt: new Date() }),
    );
  }

  /**
   * Resolves when all parts have been reached once, and the first analysis is done; from then on they are retried in
   * the background.
   * @throws EvidaError DIRECTORY_IN_USE if another process has DATA_DIR; HTTP_UNAVAILABLE; JOURNAL_FORMAT; the reason of the
   *   stop if Evida is stopped before
   */
  async start(): Promise<void> {
    const { ROLES, DATA_DIR, HTTP_HOST, HTTP_PORT } = this.#config;
    this.#lock = await this.#takeDirectory();
    this.#lock.lost.addEventListener('abort', () => this.#fail(directoryLost(DATA_DIR)), { once: true });
    this.#http = await serveStatus(HTTP_HOST, HTTP_PORT, () => this.status());
    await this.#announce(this.#http.url);
    await Promise.all([
      this.#listens ? this.#listen() : undefined,
      this.#prepareInflux(),
      this.#usesDatabase ? this.#awaitDatabase() : undefined,
    ]);
    const { ANALYSIS_SCHEDULE, TIME_ZONE } = this.#config;
    if (ROLES.includes('backup')) this.#scheduleBackups();
    if (ROLES.includes('analysis')) {
      this.analysis.schedule(ANALYSIS_SCHEDULE, TIME_ZONE);
      await this.analysis.run();
    }
    this.#stopping.signal.throwIfAborted();
  }

  /** How it is, now: what `evida status`, /readyz and /metrics say. */
  status(): Status {
    const parts = this.#parts();
    return {
      version: VERSION,
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      roles: [...this.#config.ROLES],
      boxes: this.#boxList.size,
      ready: Object.values(parts).every(({ ready }) => ready),
      parts,
      books: this.#telemetry?.books ?? null,
      delivery: this.#telemetry?.describe() ?? null,
      jobs: this.#jobs().map(({ name }) => {
        const run = this.#lastRuns.get(name);
        return {
          job: name,
          lastRunAt: run?.endedAt.toISOString() ?? null,
          durationMs: run?.durationMs ?? null,
          error: run !== undefined && 'error' in run.outcome ? run.outcome.error : null,
        };
      }),
    };
  }

  /**
   * Stops in the order of the data: no more messages, the last points sent, then all connections closed.
   * @throws EvidaError STOP_DEADLINE if that takes too long; what was acknowledged is in the log all the same
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopWithin();
    return this.#stopped;
  }

  async #stopWithin(): Promise<void> {
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
    const stopped = await Promise.allSettled([
      this.#stopTelemetry(),
      this.#stopJobs(),
      this.#stateWriter.stop(),
    ]);
    await this.#http?.close();
    if (this.#http !== undefined) await runningFile(this.#config.DATA_DIR).remove();
    await this.#lock?.release();
    this.#log.info({ books: this.#telemetry?.books }, 'stopped');
    for (const part of stopped) if (part.status === 'rejected') throw part.reason;
  }

  async #stopTelemetry(): Promise<void> {
    await this.#boxList.close();
    await this.#opening.catch(() => undefined);
    await this.#telemetry?.stop(SEND_WITHIN_MS);
    this.#points.complete();
  }

  async #stopJobs(): Promise<void> {
    await Promise.all([
      this.boxListing.stop(),
      this.analysis.stop(),
      this.backup.stop(),
      this.rehearsal.stop(),
    ]);
    await Promise.all([this.#database.end(), this.#eboost.end()]);
  }

  #awaitDatabase(): Promise<void> {
    return retry('setting up Postgres', () => this.prepareDatabase(), this.#log, this.#stopping.signal);
  }

  /** Brings the database up to date, if it can be reached now. @throws EvidaError POSTGRES_UNAVAILABLE and others */
  async prepareDatabase(): Promise<void> {
    const ran = await migrate(this.#database, projectFile('sql'));
    if (ran.length > 0) this.#log.info({ migrations: ran }, 'the database was brought up to date');
    this.#hasDatabase = true;
  }

  /** The log is taken up again, for as long as the disk makes that take; then its boxes are listened to. */
  async #listen(): Promise<void> {
    const { BOX_LIST_SCHEDULE, TIME_ZONE } = this.#config;
    this.#opening = retry('opening the log', () => this.#openTelemetry(), this.#log, this.#stopping.signal);
    await this.#opening;
    this.boxListing.schedule(BOX_LIST_SCHEDULE, TIME_ZONE);
    void this.#boxList.open().then(() => this.boxListing.run());
  }

  async #openTelemetry(): Promise<void> {
    const onFatal = (error: EvidaError) => this.#fail(error);
    const telemetry = await Telemetry.open({ config: this.#config, log: this.#log, onFatal });
    telemetry.points$.subscribe((point) => this.#points.next(point));
    telemetry.start();
    this.#telemetry = telemetry;
  }

  /** Waits for a disk that refuses, but not for another process. @throws EvidaError DIRECTORY_IN_USE */
  async #takeDirectory(): Promise<DirectoryLock> {
    const { DATA_DIR } = this.#config;
    const take = () =>
      lockDirectory(DATA_DIR, 'evida run').catch((error: unknown) => {
        if (error instanceof EvidaError && error.code === 'DIRECTORY_IN_USE') return error;
        throw error;
      });
    const taken = await retry(`taking ${DATA_DIR}`, take, this.#log, this.#stopping.signal);
    if (taken instanceof EvidaError) throw taken;
    return taken;
  }

  /** Where commands of this DATA_DIR find this process; a disk that refuses must not stop it. */
  async #announce(url: string): Promise<void> {
    try {
      await runningFile(this.#config.DATA_DIR).write({ pid: process.pid, url });
    } catch (error) {
      this.#log.warn({ err: error }, 'evida status will not find this process');
    }
    this.#log.info({ url }, 'status, metrics and health are served');
  }

  get #listens(): boolean {
    const { ROLES } = this.#config;
    return ROLES.includes('photograph') || ROLES.includes('utilization');
  }

  get #usesDatabase(): boolean {
    const { ROLES } = this.#config;
    return ROLES.includes('analysis') || ROLES.includes('backup');
  }

  /** Those of its roles. */
  #jobs(): readonly Job[] {
    const { ROLES } = this.#config;
    return [
      ...(this.#listens ? [this.boxListing] : []),
      ...(ROLES.includes('analysis') ? [this.analysis] : []),
      ...(ROLES.includes('backup') ? [this.backup, this.rehearsal] : []),
    ];
  }

  #parts(): Record<string, Part> {
    const notReached: Part = { ready: false, problem: 'not reached yet' };
    const starting = { broker: notReached, log: notReached };
    return {
      ...(this.#listens && (this.#telemetry?.parts() ?? starting)),
      ...(!this.#hasBuckets && { influxdb: notReached }),
      ...(this.#usesDatabase && {
        postgres: this.#hasDatabase ? { ready: true, problem: null } : notReached,
      }),
    };
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
      listenTo: (boxes) => this.#telemetry?.setBoxes(boxes),
      now: Date.now,
      log: this.#log,
    });
  }

  async #prepareInflux(): Promise<void> {
    const create = () => createBuckets(this.#influx, this.#config);
    const created = await retry('setting up InfluxDB', create, this.#log, this.#stopping.signal);
    if (created.length > 0) this.#log.info({ buckets: created }, 'buckets were created');
    this.#hasBuckets = true;
    if (this.#listens) await this.#beginState();
  }

  /** Nothing waits for the bucket of Evida's own state: where it cannot be made, that is said, and all else goes on. */
  async #beginState(): Promise<void> {
    try {
      const created = await createOperationsBucket(this.#influx, this.#config);
      if (created.length > 0) this.#log.info({ buckets: created }, 'buckets were created');
    } catch (error) {
      const hint = 'Run `evida setup`, which makes it and lets Evida write to it.';
      this.#log.warn({ err: error, hint }, 'there is no bucket for what Evida says of itself');
    }
    this.#stateWriter.start();
  }

  #createStateWriter(): StateWriter {
    const { MQTT_CLIENT_ID, INFLUX_ORG, INFLUX_OPERATIONS_BUCKET } = this.#config;
    return new StateWriter({
      client: MQTT_CLIENT_ID,
      bucket: INFLUX_OPERATIONS_BUCKET,
      status: () => this.status(),
      boxes: () => this.#boxList.boxes,
      write: createWriteBatch(this.#influx, INFLUX_ORG, STATE_TIMEOUT_MS),
      timing: systemTiming,
      log: this.#log,
    });
  }

  async #analyse(signal: AbortSignal): Promise<object> {
    return await runAnalysis(
      analysisSources(this.#config, { database: this.#database, eboost: this.#eboost }, Date.now, signal),
    );
  }

  /** By their schedules; what was missed or has failed is made up, at the start and then every few minutes. */
  #scheduleBackups(): void {
    const { BACKUP_SCHEDULE, REHEARSAL_SCHEDULE, TIME_ZONE } = this.#config;
    const isBackupDue = () => this.#backups.isDue('backup');
    const isRehearsalDue = () => this.#backups.isDue('rehearsal');
    for (const schedule of [BACKUP_SCHEDULE, MAKE_UP_SCHEDULE])
      this.backup.schedule(schedule, TIME_ZONE, isBackupDue);
    for (const schedule of [REHEARSAL_SCHEDULE, MAKE_UP_SCHEDULE])
      this.rehearsal.schedule(schedule, TIME_ZONE, isRehearsalDue);
    void this.backup.runIf(isBackupDue);
  }
}

function directoryLost(dataDir: string): EvidaError {
  return new EvidaError('DIRECTORY_IN_USE', {
    operation: `running with ${dataDir}`,
    problem: 'another process has taken the directory, while this one stood still',
    hint: 'Give each process a DATA_DIR of its own.',
  });
}
